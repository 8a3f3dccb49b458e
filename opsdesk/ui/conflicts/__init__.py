"""The Conflicts page: what was changed in two places, mine first."""
