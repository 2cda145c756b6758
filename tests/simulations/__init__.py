"""How often a planted effect is found again: many towns, the real assignment, the real estimators."""
