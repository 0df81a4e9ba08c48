"""Reads claimed events and prices them. Nothing is locked meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import Error as DatabaseError

from billing.rating.services.compiled import ReadyPrice, ReadyPrices
from billing.rating.services.inbox import Claimed
from domain import rating, usage
from domain.promotions import Adjustment
from domain.rating import Rating
from domain.usage import UsageEvent

_prices = ReadyPrices()


class Rated(NamedTuple):
    """An event with what it costs by its list price, and the row it came from."""

    row: Claimed
    event: UsageEvent
    rating: Rating


class Booked(NamedTuple):
    """A rated event as its charge says. cost: the list cost less the adjustments. late: for the month it is of.

    alias: the name that was called.
    """

    rated: Rated
    period: date
    late: bool
    adjustments: Sequence[Adjustment]
    cost: Decimal
    charged: Decimal
    flags: tuple[str, ...]
    alias: str


Poison = tuple[Claimed, str]


def rate_all(rows: Sequence[Claimed]) -> tuple[list[Rated], list[Poison]]:
    """Return the events with what they cost, and those that cannot be read or rated, with the reason."""
    rated: list[Rated] = []
    poison: list[Poison] = []
    for row in rows:  # one event after the other: what was just read is still in the processor's cache
        try:
            event = _read(row)
            rated.append(Rated(row, event, rate(event, _prices.get(event.price_version_id))))
        except DatabaseError:
            raise
        except ValueError as error:
            poison.append((row, f"The event cannot be read: {error}"))
        except Exception as error:  # whatever a hostile usage finds in a price, the other events are settled
            poison.append((row, f"The event cannot be rated: {type(error).__name__}: {error}"))
    return rated, poison


def rate(event: UsageEvent, ready: ReadyPrice | None) -> Rating:
    """Return what an event costs by the price version that it names."""
    if not event.is_billable:
        return Rating(Decimal(0))
    if ready is None:
        return _unpriced("There is no such price version.")
    if ready.currency != event.currency:
        return _unpriced(f"The price is in {ready.currency}, the event in {event.currency}.")
    if ready.price is None:
        return _unpriced(ready.error)
    return rating.rate(event, ready.price)


def _unpriced(error: str) -> Rating:
    return Rating(Decimal(0), error=error)


def _read(row: Claimed) -> UsageEvent:
    event = usage.from_bytes(row.payload)
    if (event.event_id, event.wallet_id, event.lease_id) != (row.event_id, row.wallet_id, row.lease_id):
        raise ValueError("it is not the event that its row in the inbox says it is")
    return event
