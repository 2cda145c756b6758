"""Named strategies: published methods to be measured against, and those that a store can choose by name."""
