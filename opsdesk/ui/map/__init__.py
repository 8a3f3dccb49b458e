"""The threat map: records where they are, over a base map that needs no network."""
