"""Parts of the screen with no feature in them."""
