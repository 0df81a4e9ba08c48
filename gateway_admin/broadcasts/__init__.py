"""Broadcasts: one call to several targets at once."""
