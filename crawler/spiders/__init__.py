"""Which pages, in which order."""
