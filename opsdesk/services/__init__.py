"""What a user can do and ask: commands and queries that give frozen rows."""
