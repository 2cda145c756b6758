"""Tables of the box itself: its own facts, and commands that wait for the service."""
