"""Tables of a stay: visits, baskets, what an associate said, and which signals were taken already.

Written with each signal by `edge.storage.change_set`; a start reads open stays and baskets back into memory.
"""
