"""The operations desk of a command post: tickets that never need the network to work."""
