"""Reads of price rules."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.teams.models import Team
from billing.promotions.models import PriceRule


def price_rules(*, team: Team) -> QuerySet[PriceRule]:
    """Return a seller's rules in the order in which they apply."""
    return PriceRule.objects.filter(seller=team)
