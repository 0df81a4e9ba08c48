"""The resources of the API: how each looks, and the endpoints that change it."""
