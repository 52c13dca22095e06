"""Data that tests read, and the scripts that made it."""
