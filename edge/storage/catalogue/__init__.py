"""Tables of what the centre and the marketer send: products, offers, campaigns, triggers.

Filled by `edge.pipeline.central_changes` and by publishing; read into memory when something in them has changed.
"""
