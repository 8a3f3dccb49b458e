"""The protocol as state machines without input or output."""
