"""Tables of a stay: visits, baskets, and which messages were taken already."""
