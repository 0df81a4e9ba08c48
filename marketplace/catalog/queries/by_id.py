"""Services by their ids, and the text behind a document."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from marketplace.catalog.models import Document, Service

#: Texts above this many bytes are offered as a file, not printed.
TEXT_LIMIT = 1024 * 1024


def market_services(ids: Iterable[UUID]) -> list[Service]:
    """Return services of the market in the order of `ids`, with all that a card shows; others are left out."""
    wanted = list(ids)
    if not wanted:
        return []
    related = Service.objects.select_related("seller", "provider", "offering", "list_price")
    by_id = {service.pk: service for service in related.in_market().filter(pk__in=wanted)}
    return [by_id[service_id] for service_id in wanted if service_id in by_id]


def service_names(ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return what services are called, by id; unknown ids are left out."""
    found = Service.objects.filter(pk__in=set(ids)).only("name", "display_name")
    return {service.pk: str(service) for service in found}


def text_of(document: Document) -> str | None:
    """Return the text of a document; None for pictures, links and very long ones."""
    blob = document.blob
    if blob is None or blob.size > TEXT_LIMIT:
        return None
    try:
        with blob.file.open("rb") as file:
            content: bytes = file.read()
        return content.decode()
    except (OSError, UnicodeDecodeError):
        return None
