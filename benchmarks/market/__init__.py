"""How long the pages of a large market take on the server."""
