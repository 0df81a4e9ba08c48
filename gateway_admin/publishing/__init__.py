"""Compiles what the data plane needs into published records."""
