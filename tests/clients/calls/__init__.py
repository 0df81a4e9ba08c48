"""The calls, by what they are about: each says which methods it covers, and for which clients."""

from tests.clients.calls import account, belongings, catalogue, enrolling, groups, later, routes, wrappers

__all__ = ["account", "belongings", "catalogue", "enrolling", "groups", "later", "routes", "wrappers"]
