"""The calculator of the pricing tab: amounts in the address, what so many calls cost in the answer."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict

from domain import pricing
from domain.pricing import Bill, InvalidPrice, Question
from marketplace.catalog.models import Service

_MOST, _MOST_CALLS, _CALLS = 10**12, 10**9, 1000


@dataclass(frozen=True, slots=True)
class Calculator:
    """asked: (question, the amount that is filled in). bill: None when the price cannot say what that costs."""

    asked: list[tuple[Question, int]]
    calls: int
    channels: tuple[str, ...]
    channel: str
    bill: Bill | None


def calculator(service: Service, query: QueryDict) -> Calculator | None:
    """Return the calculator of a service's list price; None for a service without one."""
    version = service.list_price
    if version is None:
        return None
    try:
        price = pricing.compile(version.price)
    except InvalidPrice:
        return None
    asked = [(each, _whole(query.get(each.metric), each.usual, _MOST)) for each in pricing.questions(price)]
    calls = _whole(query.get("calls"), _CALLS, _MOST_CALLS)
    channels = pricing.channels(price)
    channel = query.get("channel", "")
    channel = channel if channel in channels else next(iter(channels), "")
    usage = {each.metric: amount for each, amount in asked}
    bill = pricing.bill(price, usage, calls=calls, currency=version.currency, channel=channel or None)
    return Calculator(asked, calls, channels if len(channels) > 1 else (), channel, bill)


def _whole(text: str | None, usual: int, most: int) -> int:
    """Return a whole number as people type it, within bounds; what cannot be read counts as not said."""
    digits = (text or "").replace(",", "").replace(" ", "")
    return min(int(digits), most) if digits.isascii() and digits.isdigit() and len(digits) < 20 else usual
