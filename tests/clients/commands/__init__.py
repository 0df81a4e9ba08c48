"""What is typed, by what it is about: each says which commands it covers."""

from tests.clients.commands import account, belongings, services

__all__ = ["account", "belongings", "services"]
