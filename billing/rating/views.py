"""The wallet's page: the three numbers, what the month's usage consists of, every movement of money."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.teams.access import MemberRequest, member_required
from accounts.teams.models import Team
from billing.rating import queries
from billing.rating.models import Charge
from billing.wallets import queries as wallets
from common import htmx, ports
from common.pagination import Page, page_number

_PAGE_SIZE = 25
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


@require_safe
@member_required()
def wallet_detail(request: MemberRequest) -> HttpResponse:
    """One wallet of the team, by default the one in its first currency."""
    currencies = [each.currency for each in wallets.wallets(team=request.team)]
    if not currencies:
        return htmx.render(request, "billing/wallets/wallet_detail.html", {"numbers": None})
    asked = request.GET.get("currency", "")
    preferred = "USD" if "USD" in currencies else currencies[0]
    currency = asked if asked in currencies else preferred
    today = timezone.now().date()
    period = _period(request.GET.get("month", ""), today)
    context = {
        "numbers": wallets.three_numbers(team=request.team, currency=currency),
        "currency": currency,
        "tabs": [{"label": each, "url": f"?currency={each}", "current": each == currency} for each in currencies],
        **_usage(request.team, currency, period, today),
        "charges": _recent_charges(request.team, currency),
        "page": _transactions(request, currency),
    }
    return htmx.render(request, "billing/wallets/wallet_detail.html", context, partial="wallet-transactions")


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
        "usage_total": sum((each.charged for each in rows), start=0),
    }


def _recent_charges(team: Team, currency: str) -> list[tuple[str, str, Charge]]:
    """Return (name of the service, usage in words, charge) of the last calls."""
    rows = list(queries.charges(team=team, currency=currency)[:_RECENT])
    names = ports.service_names({each.service_id for each in rows})
    return [(names.get(each.service_id, "A service that is gone"), _usage_words(each.usage), each) for each in rows]


def _usage_words(usage: dict[str, Any]) -> str:
    shown = [f"{usage[name]:,} {word}" for name, word in _SHOWN_USAGE.items() if isinstance(usage.get(name), int)]
    return " · ".join(shown)


def _transactions(request: MemberRequest, currency: str) -> Page[Any]:
    found = wallets.transactions(team=request.team, currency=currency)
    number = page_number(request.GET.get("page"))
    return Page(list(found[(number - 1) * _PAGE_SIZE : number * _PAGE_SIZE]), number, _PAGE_SIZE, found.count())
