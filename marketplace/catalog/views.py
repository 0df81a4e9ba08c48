"""The public market: the list, the comparison, the page of a service, its files. No login is needed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.teams.models import Team
from billing.promotions import queries as promotions
from common import htmx
from common.errors import NotFound
from common.pagination import Page
from marketplace.catalog import labels, queries
from marketplace.catalog.cards import cards
from marketplace.catalog.forms import COMPARED, MarketAddress, compared_ids, market_address
from marketplace.catalog.heading import heading
from marketplace.catalog.models import Service
from marketplace.catalog.queries import FacetValue, by_id
from marketplace.catalog.queries.market import PAGE_SIZE
from marketplace.catalog.tabs import TABS

SNIPPET_COOKIE = "snippet"
YEAR = 365 * 24 * 3600
#: Pictures that a browser draws without running anything; an SVG can hold scripts.
PICTURES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
#: So many words of a filter show at once; the rest is folded away.
_SHOWN = 8
#: And so many more are there to unfold. Rarer ones are found by search; a page with hundreds of words is slow and long.
_FOLDED = 52


@require_safe
def market_list(request: HttpRequest) -> HttpResponse:
    """Services with filters and search; the whole state stands in the address."""
    address = market_address(request.GET)
    found = queries.market(address.filters)
    context = {
        "address": address,
        "filters": address.filters,
        "is_narrowed": bool(_chips(address)),
        "chips": _chips(address),
        "facets": [
            _facet(kind, found.facets[kind]) for kind in labels.KINDS if _divides(found.facets[kind], found.total)
        ],
        "page": Page(cards(found.services), found.page, PAGE_SIZE, min(found.total, found.page_count * PAGE_SIZE)),
        "total": found.total,
        "meant": found.text if found.is_approximate else "",
        "sorts": labels.SORTS,
        "tray": [(each, address.not_comparing(each.pk).query) for each in by_id.market_services(address.compared)],
        "compared": set(address.compared),
        "can_compare_more": len(address.compared) < COMPARED,
    }
    response = htmx.render(request, "marketplace/catalog/market_list.html", context, partial="market-results")
    if htmx.is_fragment(request):
        response.headers["HX-Push-Url"] = reverse("market:list") + address.query.rstrip("?")
    return response


@require_safe
def market_compare(request: HttpRequest) -> HttpResponse:
    """Up to four services side by side."""
    ids = compared_ids(request.GET)
    return htmx.render(request, "marketplace/catalog/market_compare.html", {"cards": cards(by_id.market_services(ids))})


@require_safe
def service_detail(request: HttpRequest, reference: str) -> HttpResponse:
    """The page of a service. Each tab is an address of its own."""
    team = getattr(request, "team", None)
    page = queries.market_service(reference.replace("\x00", ""), team=team)
    tab = request.GET.get("tab", "")
    if tab == "playground":
        return redirect("playground:page", page.service.pk)
    tab = tab if tab in TABS else ""
    context: dict[str, Any] = {
        **heading(page, team=team, current=tab),
        "offers": _offers(page.service, team) if tab == "pricing" else [],
        **TABS[tab](page, request.GET, request.COOKIES.get(SNIPPET_COOKIE, "")),
    }
    response = htmx.render(request, "marketplace/catalog/service_detail.html", context)
    shown = context.get("snippet")
    if shown is not None and shown.key == request.GET.get("snippet"):
        response.set_cookie(SNIPPET_COOKIE, shown.key, max_age=YEAR, samesite="Lax", secure=request.is_secure())
    return response


@require_safe
def document_file(request: HttpRequest, document_id: UUID) -> FileResponse:
    """The file behind a document. Only pictures show in the browser; everything else is saved, never run."""
    document = queries.document(document_id, team=getattr(request, "team", None))
    if document.blob is None:
        raise NotFound(what="file")
    is_picture = document.mime_type in PICTURES
    response = FileResponse(
        document.blob.file.open("rb"),
        as_attachment=not is_picture,
        filename=document.blob.filename,
        content_type=PICTURES.get(document.mime_type, "application/octet-stream"),
    )
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _offers(service: Service, team: Team | None) -> list[promotions.Offer]:
    return promotions.active_promotions(team=team, service_id=service.pk, at=timezone.now())


def _chips(address: MarketAddress) -> list[tuple[str, str]]:
    """Return (what narrows the list, the address without it)."""
    filters = address.filters
    chips = [(f"“{filters.text}”", address.without_text().query)] if filters.text else []
    for kind in labels.KINDS:
        for word in filters.words.get(kind, ()):
            chips.append((labels.word_label(kind, word), address.without(kind, word).query))
    if filters.price_from is not None or filters.price_to is not None:
        chips.append(("Price range", address.without_prices().query))
    return chips


def _divides(values: list[FacetValue], total: int) -> bool:
    """Return whether a filter can narrow the list, or does."""
    return any(value.is_chosen or value.count < total for value in values)


def _facet(kind: str, values: list[FacetValue]) -> dict[str, object]:
    """Return a filter for the page: chosen words are always among those that show."""
    shown = [value for index, value in enumerate(values) if index < _SHOWN or value.is_chosen]
    folded = [value for value in values[_SHOWN:] if not value.is_chosen]
    return {
        "kind": kind,
        "label": labels.KINDS[kind],
        "shown": [(value, labels.word_label(kind, value.word)) for value in shown],
        "folded": [(value, labels.word_label(kind, value.word)) for value in folded[:_FOLDED]],
        "left_out": max(len(folded) - _FOLDED, 0),
    }
