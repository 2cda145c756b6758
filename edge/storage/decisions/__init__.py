"""Tables of what was decided, shown, played and answered."""
