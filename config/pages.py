"""Pages that draw on every floor: the start page, and small choices that a browser remembers."""

from __future__ import annotations

from decimal import Decimal

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from accounts.teams.models import Team
from billing.rating import queries as rating
from billing.wallets import queries as wallets
from common.context import THEMES
from config import onboarding
from marketplace.catalog import queries as catalog
from marketplace.catalog.cards import cards
from marketplace.catalog.queries import by_id

_YEAR = 365 * 24 * 3600
_LAST_CALLS = 5
_SHOWN_SERVICES = 6
_ONBOARDING_COOKIE = "onboarding"


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this is, for visitors; the first steps and the last calls, for members."""
    team: Team | None = getattr(request, "team", None)
    if team is None:
        return render(request, "home_public.html", _newest())
    if team.is_seller:
        return render(request, "home_seller.html", _selling(team))
    return render(request, "home.html", {**_spending(team), **_first_steps(request, team)})


@require_POST
def onboarding_choice(request: HttpRequest) -> HttpResponse:
    """Put the first steps away, or bring them back."""
    response = redirect("home")
    if request.POST.get("show") == "yes":
        response.delete_cookie(_ONBOARDING_COOKIE, samesite="Lax")
    else:
        response.set_cookie(_ONBOARDING_COOKIE, "away", max_age=_YEAR, samesite="Lax", secure=request.is_secure())
    return response


@csrf_exempt  # it changes a colour and nothing else, and must work before there is any cookie
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember the theme, for browsers that run no scripts."""
    address = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    response = HttpResponseRedirect(address if safe else "/")
    if request.POST.get("theme") in THEMES:
        response.set_cookie("theme", request.POST["theme"], max_age=_YEAR, samesite="Lax", secure=request.is_secure())
    return response


def _newest() -> dict[str, object]:
    found = catalog.market(catalog.MarketFilters(sort="newest"))
    return {"cards": cards(found.services[:_SHOWN_SERVICES]), "total": found.total}


def _first_steps(request: HttpRequest, team: Team) -> dict[str, object]:
    assert request.user.is_authenticated
    found = onboarding.steps(user=request.user, team=team, now=timezone.now())
    return {
        "steps": found,
        "steps_done": sum(step.is_done for step in found),
        "is_put_away": request.COOKIES.get(_ONBOARDING_COOKIE) == "away" or all(step.is_done for step in found),
    }


def _spending(team: Team) -> dict[str, object]:
    """Return the wallets, and the last calls of the first one with the names of their services."""
    own = list(wallets.wallets(team=team))
    calls = list(rating.charges(team=team, currency=own[0].currency)[:_LAST_CALLS]) if own else []
    names = by_id.service_names(call.service_id for call in calls)
    return {
        "wallets": [wallets.three_numbers(team=team, currency=wallet.currency) for wallet in own],
        "calls": [(call, names.get(call.service_id, "a removed service")) for call in calls],
        "zero": Decimal(0),
    }


def _selling(team: Team) -> dict[str, object]:
    services = list(catalog.seller_services(team=team)[:_LAST_CALLS])
    return {"services": services}
