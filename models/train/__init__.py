"""The trainer: recipes (the method of a paper), the loop (time), data and metrics."""
