"""Pages about the marketplace itself, and what search engines read."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

from config.documentation.papers import PAPERS
from config.public import examples, legal
from marketplace.catalog import queries as catalog

_PAGES = ("home", "market:list", "pricing", "documentation:list", "status", "terms", "privacy")
#: What robots need not read: what is behind the log-in, what changes something, and the calls themselves.
_NOT_FOR_ROBOTS = ("/accounts/", "/admin/", "/v1/", "/objects/", "/market/compare", "/market?")


@require_safe
def pricing(request: HttpRequest) -> HttpResponse:
    """How charges come about, with worked numbers."""
    context = {
        "call": examples.a_call(),
        "quantity": examples.by_quantity(),
        "reduced": examples.a_reduced_call(),
        "payout": examples.a_payout(),
        "zero": Decimal(0),
        "top_up_minimum": Decimal(settings.TOP_UP_MINIMUM),
        "top_up_maximum": Decimal(settings.TOP_UP_MAXIMUM),
        "notice_days": settings.PRICE_NOTICE_DAYS,
        "dispute_days": settings.DISPUTE_WINDOW_DAYS,
        "payout_days": settings.PAYOUT_WINDOW_DAYS,
        "payout_minimum": Decimal(settings.PAYOUT_MINIMUM),
        "grace_hours": settings.STATEMENT_GRACE_HOURS,
    }
    return render(request, "config/pricing.html", context)


@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """What customers and sellers agree to."""
    return render(request, "config/legal_text.html", {"content": legal.text("terms")})


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept about people, why, and for how long."""
    return render(request, "config/legal_text.html", {"content": legal.text("privacy")})


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every public page, for search engines."""
    paths: list[tuple[str, datetime | None]] = [(reverse(name), None) for name in _PAGES]
    paths += [(paper.path, None) for paper in PAPERS.values()]
    paths += [(reverse("market:service", args=[name]), changed) for name, changed in catalog.market_addresses()]
    pages = [(f"{settings.SITE_URL}{path}", changed) for path, changed in paths]
    return render(request, "config/sitemap.xml", {"pages": pages}, content_type="application/xml")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What robots may read."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _NOT_FOR_ROBOTS), ""]
    lines.append(f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}")
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
def favicon(request: HttpRequest) -> HttpResponsePermanentRedirect:
    """Where browsers look that read no HTML."""
    return HttpResponsePermanentRedirect(static("icon.svg"))
