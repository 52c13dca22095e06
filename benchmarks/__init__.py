"""What finews costs: time and memory, measured by running it."""
