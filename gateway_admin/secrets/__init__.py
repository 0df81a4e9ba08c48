"""Secrets and variables of a team: write-only, sealed to the gateway's public key."""
