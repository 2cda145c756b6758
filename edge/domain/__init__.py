"""Nouns and what a signal does to them: frozen records and pure rules, without input or output."""
