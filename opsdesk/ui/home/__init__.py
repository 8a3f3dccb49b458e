"""The page that the desk opens on."""
