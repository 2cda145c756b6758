"""Lets a shop live through its receipts from an empty database on, and says how soon it was good."""
