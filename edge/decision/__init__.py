"""A situation becomes a decision, pure: read `flow.py` first, then the steps in their order."""
