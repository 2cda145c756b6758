"""Tables that tell what campaigns and the store as a whole have brought.

Counted as it happens, by `edge.storage.change_set`; read by experiments and key figures in `edge.campaigns`.
"""
