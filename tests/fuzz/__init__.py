"""Coverage-guided fuzzing of every parser, and of the stages behind it: `make fuzz`, or `python -m tests.fuzz`."""
