"""Nouns: frozen records and their rules, with the standard library only."""
