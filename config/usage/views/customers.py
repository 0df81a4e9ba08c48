"""What a customer used, stacked by service, key or called name."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.teams.access import MemberRequest, member_required
from billing.rating import series
from billing.rating.series import Asked
from billing.statements import queries as statements
from billing.wallets import queries as wallets
from billing.wallets.models import Wallet
from common import ports
from common.errors import NotFound
from config.usage import asking
from config.usage.forms import UsageForm
from config.usage.views.common import TEMPLATE, Found, asked_by, currency_tabs, file_of, page_of, picked
from gateway_admin.request_logs import queries as request_logs

#: How the filters of the request logs take times, in UTC.
_LOG_TIME = "%Y-%m-%dT%H:%M:%S"


@require_safe
@member_required()
def usage_page(request: MemberRequest) -> HttpResponse:
    """The chart of a month, which sums up to its statement, or of any other time."""
    if request.team.is_seller:
        return redirect("seller_usage")
    own = list(wallets.wallets(team=request.team))
    if not own:
        return render(request, TEMPLATE, {"chart": None})
    wallet = _chosen(request, own)
    form = _form(request, wallet)
    found = _found(wallet, form)
    context = page_of(request.GET, form, found)
    context["currencies"] = currency_tabs([each.currency for each in own], wallet.currency)
    if found is not None and found.asked.period is not None and not (found.asked.is_narrowed or form.picks):
        context["statement"] = _on_statement(wallet, found)
    if found is not None and context["chart"].total.failures:
        context["failed_calls"] = _failed_calls(found.asked)
    return render(request, TEMPLATE, context, status=422 if form.errors else 200)


def _failed_calls(asked: Asked) -> str:
    """Return where the request logs show the calls that failed, of the same time and as narrow."""
    said = {
        "errors_only": "on",
        "start_time": asked.starts_at.astimezone(UTC).strftime(_LOG_TIME),
        "end_time": asked.ends_at.astimezone(UTC).strftime(_LOG_TIME),
        "service_id": asked.service_id,
        "api_key_id": asked.api_key_id,
        "alias": asked.alias,
    }
    return f"{reverse('request_logs:list')}?{urlencode({name: value for name, value in said.items() if value})}"


@require_safe
@member_required()
def usage_csv(request: MemberRequest) -> HttpResponse:
    """What the page shows, as a file."""
    own = list(wallets.wallets(team=request.team))
    if not own:
        raise NotFound(what="wallet")
    wallet = _chosen(request, own)
    form = _form(request, wallet)
    return file_of(form, _found(wallet, form))


def _form(request: MemberRequest, wallet: Wallet) -> UsageForm:
    keys = {pk: f"{key.name} ({key.prefix}…)" for pk, key in request_logs.keys(team=request.team).items()}
    months = asking.months(timezone.now(), wallet.time_zone)
    services = request_logs.services_used(team=request.team)
    return UsageForm(request.GET, months=months, services=services, keys=keys)


def _found(wallet: Wallet, form: UsageForm) -> Found | None:
    asked = asked_by(form, wallet.time_zone)
    if asked is None:
        return None
    cells = series.usage(wallet=wallet, asked=asked)
    names: dict[str, str] = {"": "Made by the platform for you"} | form.keys
    if asked.by == "service":
        names = {str(pk): name for pk, name in ports.service_names({UUID(cell.key) for cell in cells}).items()}

    def name_of(key: str) -> str:
        if asked.by == "alias":
            return key or "By the service’s own name"
        return names.get(key, f"A {asked.by} that is gone")

    return picked(Found(asked, cells, wallet.currency, name_of), form)


def _on_statement(wallet: Wallet, found: Found) -> dict[str, Any]:
    """Return how the month's calls become what its statement says."""
    assert found.asked.period is not None
    frozen = statements.of_month(wallet=wallet, period=found.asked.period)
    charged = sum((cell.amount for cell in found.cells), Decimal(0))
    return {"frozen": frozen, "taken_off": charged - frozen.usage if frozen is not None else Decimal(0)}


def _chosen(request: MemberRequest, own: list[Wallet]) -> Wallet:
    by_currency = {wallet.currency: wallet for wallet in own}
    return by_currency.get(request.GET.get("currency", "")) or by_currency.get("USD") or own[0]
