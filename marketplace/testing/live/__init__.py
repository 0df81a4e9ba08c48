"""Interfaces with connections that stay open, WebSocket and gRPC, as a test calls them.

Of what an upstream sends here nothing is stored but its size: the gateway takes no secrets out of open connections.
"""
