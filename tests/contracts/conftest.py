"""The APIs without the processes behind them."""

from tests.fakes.undispatched import nobody_waits_for_a_dispatcher

__all__ = ["nobody_waits_for_a_dispatcher"]
