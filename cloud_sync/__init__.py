"""Moves records it does not understand to and from the centre, and holds the central side."""
