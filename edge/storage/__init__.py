"""What the store remembers: one SQLite file, one writer thread, a file a table with its SQL beside it.

`database.Database` is how the running service reads and writes; what one signal changes goes through `change_set`.
To add a table, read `table` and `tables`.
"""
