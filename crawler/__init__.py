"""How pages are reached, and what they say."""
