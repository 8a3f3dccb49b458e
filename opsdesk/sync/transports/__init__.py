"""Ways for messages to travel. Each carries bytes and knows nothing of what they say."""
