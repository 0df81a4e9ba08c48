"""Pages that draw on every floor: the start page, and small choices that a browser remembers."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from accounts.teams.models import Team
from common.context import THEMES
from config import onboarding, overview, selling
from config.public.first_call import first_call
from marketplace.catalog import queries as catalog
from marketplace.catalog.cards import cards

_YEAR = 365 * 24 * 3600
_SHOWN_SERVICES = 6
#: Which of the first steps are left out, by their slugs.
_ONBOARDING_COOKIE, _ALL = "onboarding", "away"


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this is, for visitors; the first steps and the last calls, for members."""
    team: Team | None = getattr(request, "team", None)
    if team is None:
        return render(request, "home_public.html", _newest())
    if team.is_seller:
        return render(request, "home_seller.html", selling.context(team=team, now=timezone.now()))
    now = timezone.now()
    return render(request, "home.html", {**overview.context(team=team, now=now), **_first_steps(request, team, now)})


@require_POST
def onboarding_choice(request: HttpRequest) -> HttpResponse:
    """Put the first steps away, or bring them back: all of them, or the one that `skip` or `resume` names."""
    response = redirect("home")
    chosen = _left_out(request)
    if (show := request.POST.get("show")) is not None:
        chosen = set() if show == "yes" else {_ALL}
    chosen |= {request.POST.get("skip", "")} & onboarding.SLUGS
    chosen -= {request.POST.get("resume", "")}
    if chosen:
        written = ".".join(sorted(chosen))
        response.set_cookie(_ONBOARDING_COOKIE, written, max_age=_YEAR, samesite="Lax", secure=request.is_secure())
    else:
        response.delete_cookie(_ONBOARDING_COOKIE, samesite="Lax")
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
    shown = found.services[:_SHOWN_SERVICES]
    return {"cards": cards(shown), "total": found.total, "first_call": first_call(shown)}


def _left_out(request: HttpRequest) -> set[str]:
    """Return which of the first steps this browser has left out; `_ALL` stands for the list itself."""
    return set(request.COOKIES.get(_ONBOARDING_COOKIE, "").split(".")) & (onboarding.SLUGS | {_ALL})


def _first_steps(request: HttpRequest, team: Team, now: datetime) -> dict[str, object]:
    assert request.user.is_authenticated
    left_out = _left_out(request)
    found = onboarding.steps(user=request.user, team=team, now=now, skipped=left_out)
    return {
        "steps": found,
        "steps_done": sum(step.is_done for step in found),
        "next_step": next((step.slug for step in found if not step.is_done and not step.is_skipped), ""),
        "is_put_away": _ALL in left_out or all(step.is_done for step in found),
        "has_steps": not all(step.is_done for step in found),
    }
