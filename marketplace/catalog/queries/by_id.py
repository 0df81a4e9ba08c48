"""Services by their ids, and the text behind a document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from common.ports import ServiceFacts
from marketplace.catalog.models import Document, GroupMember, GroupStatus, Service

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


def currencies(ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the currency of each service's price, by id; unknown ids are left out."""
    return dict(Service.objects.filter(pk__in=set(ids)).values_list("pk", "currency"))


def service_facts(ids: Iterable[UUID]) -> dict[UUID, ServiceFacts]:
    """Return what promotions ask about services: whose they are, their names, the live groups that they are in."""
    wanted = set(ids)
    groups: defaultdict[UUID, set[tuple[UUID | None, str]]] = defaultdict(set)
    live = GroupMember.objects.filter(group__status__in=[GroupStatus.ACTIVE, GroupStatus.PRIVATE])
    for service_id, owner_id, name in live.filter(service__in=wanted).values_list(
        "service_id", "group__owner_id", "group__name"
    ):
        groups[service_id].add((owner_id, name))
    return {
        service_id: ServiceFacts(seller_id, name, frozenset(groups[service_id]))
        for service_id, seller_id, name in Service.objects.filter(pk__in=wanted).values_list("pk", "seller_id", "name")
    }


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
