"""The central side: takes each event once, sends changes down, and shows what it has."""
