"""The calls, by what they are about: each says which methods it covers, and for which clients."""

from tests.clients.sellers.calls import belongings, bundles, catalogue, documents, folders, platforms, templated

__all__ = ["belongings", "bundles", "catalogue", "documents", "folders", "platforms", "templated"]
