"""The house without its other processes."""

from tests.fakes.undispatched import nobody_waits_for_a_dispatcher

__all__ = ["nobody_waits_for_a_dispatcher"]
