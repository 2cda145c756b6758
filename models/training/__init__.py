"""Learns a bundle from receipts; nothing here is loaded by an open shop."""
