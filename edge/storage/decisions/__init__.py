"""Tables of what was decided, shown, played and answered.

`edge.storage.change_set` writes them; caps, replay, explanation and reports read them.
"""
