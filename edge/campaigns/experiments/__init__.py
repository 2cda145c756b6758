"""What campaigns have caused: who entered which test, what they did since, and the figures that follow."""
