"""Simulated devices that shop recorded trips again, over the real broker and by the published contract alone."""
