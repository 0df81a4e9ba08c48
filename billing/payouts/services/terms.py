"""Which payout price holds from when on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.teams.models import Team
from billing.payouts import queries
from billing.payouts.models import PayoutTerm
from billing.prices.models import PriceVersion
from domain import periods


@transaction.atomic
def agree(*, service_id: UUID, seller: Team, price: PriceVersion | None, currency: str, now: datetime) -> PayoutTerm:
    """Write down the payout price of an approved service. The first holds at once, a change from the next month on.

    A second change within a month replaces the first. The price that holds already changes nothing.
    Source: docs/algorithms/payouts.md, "Which price".
    """
    queries.lock_account(seller)
    month = now.astimezone(UTC).date().replace(day=1)
    following = periods.following(month)
    latest = queries.term_of(service_id, following)
    if latest is None:
        # in the west it may be the month before, and calls count in the month of their customer
        month = (now.astimezone(UTC) - timedelta(hours=12)).date().replace(day=1)
    if latest is not None and (latest.price_id, latest.currency) == (price and price.pk, currency):
        return latest
    term, _ = PayoutTerm.objects.update_or_create(
        service_id=service_id,
        from_period=month if latest is None else following,
        defaults={"seller": seller, "price": price, "currency": currency},
    )
    return term
