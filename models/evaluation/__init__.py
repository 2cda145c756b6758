"""Judges a model on trips it has not seen: measures, checks by question, the report."""
