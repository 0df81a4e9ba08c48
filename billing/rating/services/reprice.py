"""Prices a charge that could not be priced when its event was settled."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from billing.rating import queries
from billing.rating.models import Charge, ChargeState, PeriodUsage
from billing.rating.services.compiled import ReadyPrices
from billing.rating.services.rated import rate
from billing.wallets import queries as wallets
from common.errors import DomainError


class StillUnpriced(DomainError):
    """The price still cannot bill the usage."""

    code = "still_unpriced"
    sentence = "The charge {event_id} still cannot be priced: {error}"


@transaction.atomic
def reprice(*, charge: Charge) -> Charge:
    """Price an unpriced charge by the version it names. One that has its price is returned as it is.

    The call's lease has let go of its hold, so the customer pays what the floor allows, and never more than the hold.
    Raises: StillUnpriced.
    """
    wallet = wallets.lock_wallet(charge.wallet_id)
    charge = Charge.objects.select_for_update(of=("self",)).get(pk=charge.pk)
    if charge.state != ChargeState.UNPRICED:
        return charge
    event = queries.event_of(charge)
    rating = rate(event, ReadyPrices().get(event.price_version_id))
    if rating.error:
        raise StillUnpriced(event_id=charge.event_id, error=rating.error)
    charge.state, charge.error = ChargeState.CHARGED, ""
    charge.cost, charge.charged = rating.cost, min(rating.cost, charge.hold, wallet.spendable)
    charge.flags = [*charge.flags, *rating.flags, "repriced"]
    charge.save(update_fields=["state", "error", "cost", "charged", "flags"])
    wallet.usage += charge.charged
    wallet.save(update_fields=["usage"])
    PeriodUsage.objects.filter(
        wallet=wallet, period=charge.period, service_id=charge.service_id, enrollment_id=charge.enrollment_id
    ).update(charged=F("charged") + charge.charged)
    return charge
