"""Tables of what the centre and the marketer send: products, offers, campaigns, triggers."""
