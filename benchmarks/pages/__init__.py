"""How long the server takes for each list, with a market of thousands of services and a large request log."""
