"""Verbs: one pure step a file, each importing earlier ones only; time, chance and data are passed in."""
