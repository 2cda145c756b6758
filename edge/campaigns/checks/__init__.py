"""The control tower: all campaigns and offers of a store, held against each other before any of them goes live."""
