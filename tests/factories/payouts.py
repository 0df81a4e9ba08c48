"""Sellers with payout terms, usage of their services in closed months, invoices and connected accounts."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from accounts.teams.models import Team
from billing.payouts import queries
from billing.payouts import services as payouts
from billing.payouts.models import AdjustmentKind, Invoice, Payout, PayoutOrigin, SellerAccount
from billing.prices import services as prices
from billing.prices.models import PriceVersion, Side
from billing.rating.models import PeriodUsage
from billing.wallets import services as wallets
from billing.wallets.models import Wallet
from tests.factories.accounts import TeamFactory
from tests.factories.billing import usd

OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)
#: When everything of November is closed.
IN_DECEMBER = datetime(2026, 12, 2, 8, tzinfo=UTC)
SHARE = {"type": "revenue_share", "percentage": "70"}


def payout_price(price: dict[str, Any], *, currency: str = "USD") -> PriceVersion:
    return prices.version(side=Side.PAYOUT, currency=currency, price=price)


def sold(
    price: dict[str, Any] | None = None,
    *,
    seller: Team | None = None,
    since: date = OCTOBER,
    currency: str = "USD",
    service_id: UUID | None = None,
) -> tuple[Team, UUID]:
    """Return a seller and a service of theirs with a payout price (70 % unless said otherwise) since a month."""
    seller, service_id = seller or TeamFactory(seller=True), service_id or uuid4()
    payouts.agree(
        service_id=service_id,
        seller=seller,
        price=payout_price(price or SHARE, currency=currency),
        currency=currency,
        now=datetime(since.year, since.month, 1, tzinfo=UTC),
    )
    return seller, service_id


def used(
    service_id: UUID,
    *,
    requests: int = 1,
    paid: str = "0",
    by_platform: str = "0",
    period: date = NOVEMBER,
    channel: str = "",
    wallet: Wallet | None = None,
    currency: str = "USD",
    is_closed: bool = True,
    **metrics: str,
) -> PeriodUsage:
    """Let a customer have used a service in a month: by a wallet of its own unless one is given.

    paid: what was charged; by_platform: what a promotion of the platform took off before.
    """
    wallet = wallet or wallets.open(team=TeamFactory(), currency=currency)
    if is_closed:
        Wallet.objects.filter(pk=wallet.pk).update(open_period=(period + timedelta(days=31)).replace(day=1))
    total = Decimal(paid) + Decimal(by_platform)
    return PeriodUsage.objects.create(
        wallet=wallet,
        service_id=service_id,
        period=period,
        channel=channel,
        requests=requests,
        listed=total,
        discounted=Decimal(by_platform),
        discounted_by_platform=Decimal(by_platform),
        charged=Decimal(paid),
        metrics=json.loads(json.dumps(metrics)),
    )


def invoiced(seller: Team, *, period: date = NOVEMBER, now: datetime = IN_DECEMBER) -> Invoice:
    """Return the invoice of a seller's month."""
    invoice = payouts.generate(seller=seller, currency="USD", period=period, now=now)
    assert invoice is not None
    return invoice


def owed(seller: Team, amount: str, *, now: datetime = IN_DECEMBER) -> None:
    """Let the platform owe a seller an amount that can be paid out at once."""
    payouts.enter(
        seller=seller,
        amount=usd(amount),
        kind=AdjustmentKind.CORRECTION,
        cause=str(uuid4()),
        note="Carried over",
        by=None,
        now=now,
    )


def connected(seller: Team, account: str = "acct_1", *, can_be_paid: bool = True) -> SellerAccount:
    """Return the seller's row with an account of the processor."""
    SellerAccount.objects.update_or_create(
        seller=seller,
        defaults={"processor_account": account, "country": "US", "can_be_paid": can_be_paid},
    )
    return SellerAccount.objects.get(seller=seller)


def paid_seller(seller: Team, *, note: str, now: datetime) -> Invoice:
    """Return the invoice of last month of a seller who has an account, an adjustment and a payout under way."""
    connected(seller, f"acct_{seller.name}")
    payouts.enter(
        seller=seller,
        amount=usd("120"),
        kind=AdjustmentKind.CORRECTION,
        cause=str(uuid4()),
        note=note,
        by=None,
        now=now,
    )
    last_month = (now.astimezone(UTC).date().replace(day=1) - timedelta(days=1)).replace(day=1)
    invoice = payouts.generate(seller=seller, currency="USD", period=last_month, now=now)
    assert invoice is not None
    payouts.request(seller=seller, currency="USD", origin=PayoutOrigin.DEMAND, by=None, now=now)
    return invoice


def current(seller: Team) -> Decimal:
    """Return what a seller is owed now."""
    return queries.balance(seller=seller, currency="USD").current


def numbers(invoice: Invoice) -> tuple[Decimal, ...]:
    """Return the sums of an invoice, in the order of its page."""
    invoice.refresh_from_db()
    return invoice.opening, invoice.paid_out, invoice.earned, invoice.adjusted, invoice.closing


def asked(seller: Team, now: datetime | None = None) -> Payout:
    """Ask for all that can be paid."""
    return payouts.request(seller=seller, currency="USD", origin="demand", by=None, now=now or timezone.now())
