"""How statements write their amounts."""
