"""What would be different: stored decisions made again under a changed configuration, model or price of privacy."""
