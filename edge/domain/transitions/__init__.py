"""What a signal does to a visit, a basket and a person's consents: pure, one kind of signal a file."""
