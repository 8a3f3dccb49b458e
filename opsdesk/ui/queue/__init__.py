"""The page "Queue and returned": what waits to be shared, and what the server sent back."""
