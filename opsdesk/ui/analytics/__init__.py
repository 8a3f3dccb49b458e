"""The ticket dashboard."""
