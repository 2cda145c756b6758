"""What routes ask of the running store: the overview, records, a person's rights, campaigns and tests."""
