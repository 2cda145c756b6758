"""What the store remembers: one SQLite file, one writer thread, a file a table with its SQL beside it."""
