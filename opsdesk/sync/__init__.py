"""The protocol between desks and the server, and what carries it."""
