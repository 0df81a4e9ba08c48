"""Calls for later, and the answers of calls that nobody waited for. Gateways write both through functions."""
