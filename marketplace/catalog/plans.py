"""The plans of a service as pages of sellers, operators and the market show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from billing.subscriptions import queries
from domain import plans
from domain.plans import PlanTerms
from marketplace.catalog.models import Service

_SPAN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class SellersPlan:
    """A plan with what it brings. sentence: what the listing says of it now, empty when it says nothing any more.

    net: fees of the last 30 days, less what upgrades credited.
    """

    name: str
    sentence: str
    subscribers: int
    net: Decimal
    currency: str
    is_on_sale: bool

    @property
    def is_withdrawn(self) -> bool:
        return not self.sentence


def stated(service: Service) -> list[tuple[PlanTerms, str]]:
    """Return the plans that a service's listing states, cheapest first, each in words."""
    return [(each, plans.sentence(each, service.currency)) for each in plans.offered(service.listing.data).plans]


def with_income(service: Service, *, now: datetime) -> list[SellersPlan]:
    """Return the plans of a service that are stated or have brought something, with subscribers and fees."""
    if service.revision_of_id is not None:
        return [
            SellersPlan(terms.name, words, 0, Decimal(0), service.currency, False) for terms, words in stated(service)
        ]
    brought = {
        (each.key, each.currency): each
        for each in queries.income(service_id=service.pk, starts_at=now - _SPAN, ends_at=now + _SPAN)
    }
    found = []
    for terms, words in stated(service):
        each = brought.pop((terms.key, service.currency), None)
        subscribers, net = (each.subscribers, each.net) if each else (0, Decimal(0))
        found.append(SellersPlan(terms.name, words, subscribers, net, service.currency, each is not None))
    gone = [each for each in brought.values() if each.subscribers or each.net]
    return found + [SellersPlan(each.name, "", each.subscribers, each.net, each.currency, False) for each in gone]
