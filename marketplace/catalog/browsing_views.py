"""Ways through the market beside search: providers and groups. No login is needed."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from common import htmx
from common.pagination import Page, page_number
from marketplace.catalog import queries
from marketplace.catalog.cards import Card, cards
from marketplace.catalog.groups.forms import STRATEGIES
from marketplace.catalog.models import Service, ServiceGroup
from marketplace.catalog.queries import browsing
from marketplace.catalog.queries.market import PAGE_SIZE

_PROVIDERS, _GROUPS = 60, 40


@require_safe
def provider_list(request: HttpRequest) -> HttpResponse:
    """Who provides the services of the market."""
    number = page_number(request.GET.get("page"))
    found, total = browsing.providers(start=(number - 1) * _PROVIDERS, size=_PROVIDERS)
    context = {"page": Page(found, number, _PROVIDERS, total)}
    return htmx.render(request, "marketplace/catalog/provider_list.html", context, partial="provider-list")


@require_safe
def provider_detail(request: HttpRequest, name: str) -> HttpResponse:
    """A provider and their services."""
    seen = browsing.provider(name)
    homepage = seen.provider.homepage if seen.provider.homepage.startswith("https://") else ""
    context = {
        "seen": seen,
        "homepage": homepage,
        "homepage_host": _host(homepage),
        "page": _cards(request, browsing.on_market(seen.provider), seen.count),
    }
    return htmx.render(request, "marketplace/catalog/provider_detail.html", context, partial="provider-services")


@require_safe
def group_list(request: HttpRequest) -> HttpResponse:
    """Groups of services: the platform's and those of sellers."""
    groups, number = browsing.public_groups(), page_number(request.GET.get("page"))
    rows = [(each, _reference(each)) for each in groups[(number - 1) * _GROUPS : number * _GROUPS]]
    context = {"page": Page(rows, number, _GROUPS, groups.count())}
    return htmx.render(request, "marketplace/catalog/market_group_list.html", context, partial="group-list")


@require_safe
def group_detail(request: HttpRequest, reference: str) -> HttpResponse:
    """A group: its services, and how it is called as one."""
    group = browsing.public_group(reference)
    policy, members = group.routing_policy, browsing.members_on_market(group)
    strategy = STRATEGIES.get((policy or {}).get("strategy") or "weighted_random", "")
    context = {
        "group": group,
        "reference": _reference(group),
        "strategy": strategy if policy is not None else "",
        "address": f"{queries.gateway_url('api')}/g/{_reference(group)}" if policy is not None else "",
        "page": _cards(request, members, members.count()),
    }
    return htmx.render(request, "marketplace/catalog/market_group_detail.html", context, partial="group-services")


def _cards(request: HttpRequest, services: QuerySet[Service], total: int) -> Page[Card]:
    number = page_number(request.GET.get("page"))
    loaded = services.select_related("seller", "provider", "offering", "list_price").defer("search", "upload")
    return Page(cards(loaded[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]), number, PAGE_SIZE, total)


def _reference(group: ServiceGroup) -> str:
    """Return the name that calls use."""
    return f"{group.owner.name}:{group.name}" if group.owner is not None else group.name


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
