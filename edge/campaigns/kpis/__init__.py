"""What all of it earns: counts of the day, drivers that are worth something, verified tips, bonus challenges."""
