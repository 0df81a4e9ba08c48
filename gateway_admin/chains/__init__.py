"""Chains: calls one after the other, each step branching on success and failure."""
