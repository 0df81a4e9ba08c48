"""Price versions: immutable, stored once, named by every charge."""
