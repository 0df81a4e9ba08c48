"""Charges that customers contest, from the thread to the credit."""
