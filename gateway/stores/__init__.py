"""Ports to PostgreSQL, and their in-memory twins for tests."""
