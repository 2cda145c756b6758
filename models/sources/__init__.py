"""Reads receipts, products and promotions from files, and refuses what is not sound."""
