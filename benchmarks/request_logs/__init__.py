"""How long any page of a large request log takes in PostgreSQL."""
