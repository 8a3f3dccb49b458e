"""Pure functions over numbers: no database, no Qt."""
