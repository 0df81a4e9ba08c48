"""What all customers together used of a seller's services, and what these earned."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.teams.access import MemberRequest, seller_required
from accounts.teams.models import Team
from billing.payouts import queries as payouts
from billing.rating import series
from billing.rating.series import Asked
from config.usage import asking
from config.usage.forms import SalesForm
from config.usage.views.common import TEMPLATE, Found, asked_by, currency_tabs, file_of, page_of, picked
from marketplace.catalog import queries as catalog

_ZONE = "UTC"
#: So many services can be chosen from a list; each one can by its address.
_OFFERED = 200
#: So many services stand in the table of what was earned; the page of earnings has all.
_EARNED = 50


@require_safe
@seller_required()
def sales_page(request: MemberRequest) -> HttpResponse:
    """The chart of a month of the customers' statements, or of any other time."""
    services = catalog.names_of_seller(team=request.team)
    if not services:
        return render(request, TEMPLATE, {"chart": None, "is_seller": True})
    form = _form(request, services)
    found = _found(services, form)
    context = page_of(request.GET, form, found) | {"is_seller": True}
    if found is not None:
        context["currencies"] = currency_tabs(_currencies(list(services), found.asked), found.currency)
        context["earned"] = _earned(request.team, found)
    return render(request, TEMPLATE, context, status=422 if form.errors else 200)


@require_safe
@seller_required()
def sales_csv(request: MemberRequest) -> HttpResponse:
    """What the page shows, as a file."""
    services = catalog.names_of_seller(team=request.team)
    form = _form(request, services)
    return file_of(form, _found(services, form))


def _form(request: MemberRequest, services: dict[UUID, str]) -> SalesForm:
    offered = dict(islice(services.items(), _OFFERED))
    return SalesForm(request.GET, months=asking.months(timezone.now(), _ZONE), services=offered)


def _found(services: dict[UUID, str], form: SalesForm) -> Found | None:
    asked = asked_by(form, _ZONE)
    if asked is None:
        return None
    wanted = [pk for pk in services if asked.service_id in (None, pk)]
    offered, given = _currencies(wanted, asked), form.cleaned_data["currency"]
    currency = given if given in offered else next(iter(offered), "USD")
    cells = series.sales(service_ids=wanted, currency=currency, asked=asked)
    return picked(Found(asked, cells, currency, lambda key: services[UUID(key)]), form)


def _currencies(services: Sequence[UUID], asked: Asked) -> list[str]:
    since = asked.period or asked.starts_at.date().replace(day=1)
    return series.currencies(service_ids=services, since=since)


def _earned(seller: Team, found: Found) -> list[tuple[str, payouts.Earning]]:
    """Return what the services that are asked for earned in the month: payout prices know nothing of single days."""
    if found.asked.period is None:
        return []
    earnings = payouts.earnings(seller=seller, period=found.asked.period)
    wanted = [each for each in earnings if found.asked.service_id in (None, each.service_id)]
    return [(found.name_of(str(each.service_id)), each) for each in wanted[:_EARNED]]
