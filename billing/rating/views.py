"""Of the wallet's page: what the month's usage consists of, and the last calls. And the page of a charge."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.teams.access import MemberRequest, member_required
from accounts.teams.models import Team
from billing.rating import queries
from billing.rating.models import Charge
from common import htmx, ports
from domain.pricing import Trace
from domain.pricing.decimals import plain

_RECENT = 10
_FIRST_MONTH = date(2000, 1, 1)
#: What of a usage fits in a line, with its words.
_SHOWN_USAGE = {
    "input_tokens": "in",
    "cached_input_tokens": "cached",
    "output_tokens": "out",
    "seconds": "s",
    "images": "images",
    "count": "units",
    "characters": "characters",
}


def usage_context(request: MemberRequest, currency: str) -> dict[str, Any]:
    """Return what the page says of usage: the month that is asked for, and the calls that were charged last."""
    today = timezone.now().date()
    period = _period(request.GET.get("month", ""), today)
    return {**_usage(request.team, currency, period, today), "charges": _recent_charges(request.team, currency)}


def _period(asked: str, today: date) -> date:
    """Return the first day of the month that is asked for, as 2026-11; of this one when there is no such month yet."""
    try:
        found = datetime.strptime(asked, "%Y-%m").date()  # noqa: DTZ007  a month has no time zone
    except ValueError:
        found = today
    return found.replace(day=1) if _FIRST_MONTH <= found <= today else today.replace(day=1)


def _usage(team: Team, currency: str, period: date, today: date) -> dict[str, Any]:
    """Return what the month's usage consists of, and the months beside it."""
    rows = [each for each in queries.usage_by_service(team=team, period=period) if each.currency == currency]
    names = ports.service_names(each.service_id for each in rows)
    return {
        "period": period,
        "previous": (period - timedelta(days=1)).replace(day=1),
        "next": following if (following := (period + timedelta(days=31)).replace(day=1)) <= today else None,
        "usage": [(names.get(each.service_id, "A service that is gone"), each) for each in rows],
        "usage_total": sum((each.charged for each in rows), start=Decimal(0)),
        "listed_total": sum((each.listed for each in rows), start=Decimal(0)),
        "taken_off_total": sum((each.taken_off for each in rows), start=Decimal(0)),
    }


def _recent_charges(team: Team, currency: str) -> list[tuple[str, str, Charge]]:
    """Return (name of the service, usage in words, charge) of the last calls."""
    rows = list(queries.charges(team=team, currency=currency)[:_RECENT])
    names = ports.service_names({each.service_id for each in rows})
    return [(names.get(each.service_id, "A service that is gone"), _usage_words(each.usage), each) for each in rows]


def _usage_words(usage: dict[str, Any]) -> str:
    shown = [f"{usage[name]:,} {word}" for name, word in _SHOWN_USAGE.items() if isinstance(usage.get(name), int)]
    return " · ".join(shown)


@require_safe
@member_required()
def charge_detail(request: MemberRequest, event_id: UUID) -> HttpResponse:
    """One charge: list price, what was taken off, net, and the arithmetic behind it."""
    charge = queries.charge(team=request.team, event_id=event_id)
    explained = queries.explain(charge)
    context = {
        "charge": charge,
        "currency": charge.wallet.currency,
        "service": ports.service_names([charge.service_id]).get(charge.service_id, "A service that is gone"),
        "usage": sorted(charge.usage.items()),
        "explained": explained,
        "arithmetic": "\n".join(_lines(explained.trace)) if explained and explained.trace else "",
    }
    return htmx.render(request, "billing/rating/charge_detail.html", context)


def _lines(trace: Trace, depth: int = 0) -> Iterator[str]:
    """Yield the arithmetic of a price, its parts indented below it."""
    yield f"{'  ' * depth}{trace.type}: {trace.formula} = {plain(trace.cost)}"
    for child in trace.children:
        yield from _lines(child, depth + 1)
