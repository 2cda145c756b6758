"""Routes for devices, tills and pages that stand in the store."""
