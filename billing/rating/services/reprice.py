"""Prices a charge that could not be priced when its event was settled."""

from __future__ import annotations

from django.db import connection, transaction

from billing.rating import queries
from billing.rating.models import Charge, ChargeState
from billing.rating.services import funds, hours, sums
from billing.rating.services.attention import call_for_attention
from billing.rating.services.booking import flags
from billing.rating.services.compiled import ReadyPrices
from billing.rating.services.inbox import Claimed
from billing.rating.services.rated import Booked, Rated, rate
from billing.rating.services.reductions import Reductions
from common.errors import DomainError
from domain.promotions import net
from domain.rating import Rating
from domain.routing.grammar import called_name
from domain.usage import UsageEvent


class StillUnpriced(DomainError):
    """The price still cannot bill the usage."""

    code = "still_unpriced"
    sentence = "The charge {event_id} still cannot be priced: {error}"


@transaction.atomic
def reprice(*, charge: Charge) -> Charge:
    """Price an unpriced charge by the version it names. One that has its price is returned as it is.

    Quotas and promotions are those of the time of its call. The call's lease has let go of its hold, so the customer
    pays what the floor allows, and never more than the hold. When the statement of its month is closed, it is on the
    next one, as late. Raises: StillUnpriced.
    """
    with connection.cursor() as cursor:
        wallets = funds.lock_wallets(cursor, [str(charge.wallet_id)])
        charge = Charge.objects.select_for_update(of=("self",)).select_related("wallet").get(pk=charge.pk)
        if charge.state != ChargeState.UNPRICED:
            return charge
        event = queries.event_of(charge)
        rating = rate(event, ReadyPrices().get(event.price_version_id))
        if rating.error:
            raise StillUnpriced(event_id=charge.event_id, error=rating.error)
        wallet = wallets[event.wallet_id]
        reductions = Reductions(cursor, [event])
        booked = _booked(event, rating, wallet, reductions)
        _write(charge, booked)
        funds.write_wallets(cursor, wallets)
        reductions.write()
        sums.write(cursor, sums.add_up([booked]))
        hours.write(cursor, [booked], wallets)
        call_for_attention([event.wallet_id] if wallet.needs_attention() else [])
    return charge


def _booked(event: UsageEvent, rating: Rating, wallet: funds.Funds, reductions: Reductions) -> Booked:
    rated = Rated(Claimed(event.event_id, event.wallet_id, event.lease_id, "", "", ""), event, rating)
    period, late = wallet.period_of(event)
    adjusted, failed = reductions.take_off(event, rating.cost) if rating.cost else ([], False)
    cost = net(rating.cost, adjusted)
    charged = funds.capture(event, rating.cost, cost, wallet, {})
    # a charge that was late for its month before it had a price has the flag already
    found = flags(rated, adjusted, late=late and "late" not in event.flags, failed=failed)
    return Booked(rated, period, late, adjusted, cost, charged, (*found, "repriced"), called_name(event.path))


def _write(charge: Charge, booked: Booked) -> None:
    charge.state, charge.error = ChargeState.CHARGED, ""
    charge.list_cost, charge.cost, charge.charged = booked.rated.rating.cost, booked.cost, booked.charged
    charge.adjustments = [each.to_json() for each in booked.adjustments]
    charge.period, charge.flags = booked.period, list(booked.flags)
    charge.save(update_fields=["state", "error", "list_cost", "adjustments", "cost", "charged", "period", "flags"])
