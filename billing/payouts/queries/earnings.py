"""What the services of a seller earned in a month, computed from usage, fees and the payout price of that month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db.models import F, Sum
from django.db.models.functions import TruncMonth

from accounts.teams.models import Team
from billing.payouts.models import PayoutTerm
from billing.prices.models import PriceVersion
from billing.rating.models import PeriodUsage
from billing.subscriptions.models import Fee
from common import ports
from domain import payouts, periods, pricing
from domain.money import rounded
from domain.payouts import Part

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Earning:
    """What one service earned in one month. payout: rounded. error: why it cannot be computed; it is 0 then.

    customer_charge: what customers paid, with what the platform paid in their stead, in the payout's currency.
    """

    service_id: UUID
    period: date
    currency: str
    price: PriceVersion | None
    price_in_words: str
    requests: int
    metrics: Mapping[str, Decimal]
    customer_charge: Decimal
    payout: Decimal
    trace: Mapping[str, object]
    error: str


@dataclass(frozen=True, slots=True)
class _Used:
    """A part of the usage, and the currency in which it was paid."""

    part: Part
    currency: str


def term_of(service_id: UUID, period: date) -> PayoutTerm | None:
    """Return the payout price that holds for a service in a month."""
    terms = PayoutTerm.objects.filter(service_id=service_id, from_period__lte=period).select_related("price")
    return terms.order_by("-from_period").first()


def services_of(*, seller: Team) -> list[UUID]:
    """Return the services of a seller that ever had payout terms."""
    return list(PayoutTerm.objects.filter(seller=seller).order_by().values_list("service_id", flat=True).distinct())


def earnings(*, seller: Team, period: date) -> list[Earning]:
    """Return what every service earned that was used or subscribed to in a month, highest payout first.

    A service that nobody used earns nothing, also with a fixed amount per billing period.
    """
    terms = _terms(seller, period)
    used = _used(terms, period)
    found = [_earning(terms[service_id], period, parts) for service_id, parts in used.items()]
    return sorted(found, key=lambda each: (-each.payout, str(each.service_id)))


def _terms(seller: Team, period: date) -> dict[UUID, PayoutTerm]:
    terms = PayoutTerm.objects.filter(seller=seller, from_period__lte=period).select_related("price")
    return {term.service_id: term for term in terms.order_by("from_period")}


def _used(services: Iterable[UUID], period: date) -> dict[UUID, list[_Used]]:
    """Return the parts of every service that has any: usage by channel; fees and discounts came through no channel."""
    found: dict[UUID, list[_Used]] = defaultdict(list)
    wanted = list(services)
    rows = PeriodUsage.objects.filter(service_id__in=wanted, period=period).order_by("service_id", "channel", "pk")
    # nobody earns by the platform's own tests
    for row in rows.exclude(wallet__team__name=settings.TEST_CUSTOMER_TEAM).select_related("wallet"):
        # what the platform took off was paid by the platform; a loss was paid by nobody
        paid = row.charged + row.discounted_by_platform
        metrics = {name: Decimal(quantity) for name, quantity in row.metrics.items()}
        found[row.service_id].append(_Used(Part(row.channel or None, row.requests, paid, metrics), row.wallet.currency))
    for service_id, currency, amount in _fees(wanted, period):
        found[service_id].append(_Used(Part(None, 0, amount, {}), currency))
    for service_id, currency, amount in ports.statement_discounts(wanted, period):
        found[service_id].append(_Used(Part(None, 0, -amount, {}), currency))
    return found


def _fees(services: list[UUID], period: date) -> Iterable[tuple[UUID, str, Decimal]]:
    """Return the fees paid in a month, which for fees is a month of UTC."""
    starts_at, ends_at = periods.bounds(period, "UTC")
    paid = Fee.objects.filter(service_id__in=services, paid_at__gte=starts_at, paid_at__lt=ends_at)
    rows = paid.order_by().values("service_id", currency=F("wallet__currency")).annotate(total=Sum("amount"))
    return [(row["service_id"], row["currency"], row["total"]) for row in rows if row["total"]]


def months_with_fees(services: Iterable[UUID]) -> set[date]:
    """Return the months (of UTC) in which fees were paid for services."""
    paid = Fee.objects.filter(service_id__in=list(services), amount__gt=0).order_by()
    return {each.date() for each in paid.values_list(TruncMonth("paid_at", tzinfo=UTC), flat=True).distinct()}


def _earning(term: PayoutTerm, period: date, used: list[_Used]) -> Earning:
    own = [_in_currency(each, term.currency) for each in used]
    whole = payouts.summed(own)
    price = None if term.price is None else pricing.compile(term.price.price)
    payout, trace, error = _ZERO, {}, ""
    if price is not None:
        try:
            _check_currencies(price, used, term.currency)
            found = payouts.earned(price, own)
            payout, trace = rounded(found.cost), found.to_json()
        except pricing.PricingError as problem:
            error = str(problem)[:500]
    return Earning(
        service_id=term.service_id,
        period=period,
        currency=term.currency,
        price=term.price,
        price_in_words="No payout price" if price is None else payouts.in_words(price, term.currency),
        requests=whole.requests,
        metrics=whole.metrics,
        customer_charge=whole.customer_charge,
        payout=payout,
        trace=trace,
        error=error,
    )


def _in_currency(used: _Used, currency: str) -> Part:
    """Return the part without its charge when that was paid in another currency: amounts of two do not add up."""
    part = used.part
    if used.currency == currency:
        return part
    return Part(part.channel, part.requests, _ZERO, part.metrics)


def _check_currencies(price: pricing.CompiledPrice, used: list[_Used], currency: str) -> None:
    others = sorted({each.currency for each in used if each.currency != currency and each.part.customer_charge})
    if others and "customer_charge" in price.needs():
        raise pricing.PricingError(
            f"customers paid in {', '.join(others)} and the payout price is in {currency}: a share of it is unknown"
        )
