"""The commands, by what they are about."""

from tests.clients.sellers.commands import belongings, bundles, services, specs, tested

__all__ = ["belongings", "bundles", "services", "specs", "tested"]
