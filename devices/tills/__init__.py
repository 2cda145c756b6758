"""Tills that we did not write: their own logs and orders, read as the steps of a basket that our contract has."""
