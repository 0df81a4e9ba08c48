"""What an operator needs to decide about a service."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass

from django.db.models import QuerySet

from marketplace.catalog.models import AccessInterface, Service

_CONTEXT_LINES = 3


@dataclass(frozen=True, slots=True)
class Difference:
    """The lines of one file that differ from what is on sale, as a unified diff."""

    part: str
    lines: tuple[str, ...]


def differences(service: Service) -> list[Difference]:
    """Return what a revision changes of its original, file by file; nothing for a service that is not a revision."""
    original = service.revision_of
    if original is None:
        return []
    parts = {
        "Provider": (original.provider.data, service.provider_data),
        "Offering": (original.offering.data, service.offering.data),
        "Listing": (original.listing.data, service.listing.data),
    }
    found = [Difference(part, tuple(_diff(before, after))) for part, (before, after) in parts.items()]
    return [difference for difference in found if difference.lines]


def _diff(before: object, after: object) -> list[str]:
    lines = list(difflib.unified_diff(_lines(before), _lines(after), "on sale", "revision", "", "", _CONTEXT_LINES, ""))
    return lines[2:]


def _lines(data: object) -> list[str]:
    return json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False).splitlines()


def services_at(paths: set[str], *, without: Service) -> QuerySet[Service]:
    """Return the other sellers' active services at paths that a service uses too, with other routing keys."""
    shared = AccessInterface.objects.filter(path__in=paths, live_address__isnull=False)
    return (
        Service.objects.filter(pk__in=shared.values("service"))
        .exclude(seller_id=without.seller_id)
        .select_related("seller")
    )
