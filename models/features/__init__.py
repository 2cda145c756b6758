"""From a profile and a moment to the numbers that a model reads."""
