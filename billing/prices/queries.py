"""Reads of price versions."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from billing.prices.models import PriceVersion


def versions(ids: Iterable[UUID]) -> dict[UUID, PriceVersion]:
    """Return price versions by id; unknown ids are left out."""
    return PriceVersion.objects.in_bulk(list(ids))
