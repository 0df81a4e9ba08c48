"""How late scheduled calls are made."""
