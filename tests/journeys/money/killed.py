"""Workers that do the platform's jobs about money, over and over, until they are killed. `killed <stripe's url>`.

Each line of input, such as `2031-07-02T06:00:00+00:00 settle close`, starts one; its process id is answered. They tell
no broker anything: what a worker leaves undone, only a sweep can find.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import NAMESPACE_OID, uuid5

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
django.setup()

from django.conf import settings  # noqa: E402  (Django has to be set up before)

from accounts.teams.models import Team  # noqa: E402
from billing.payments import gateways  # noqa: E402
from billing.payments.models import AutoTopUp, Refund  # noqa: E402
from billing.payments.services import attending, refunds  # noqa: E402
from billing.payouts import services as payouts  # noqa: E402
from billing.payouts.models import AdjustmentKind, Payout  # noqa: E402
from billing.payouts.services import errors  # noqa: E402
from billing.rating import services as rating  # noqa: E402
from billing.statements import services as statements  # noqa: E402
from billing.wallets.models import Wallet  # noqa: E402
from common import jobs  # noqa: E402
from domain.money import Money  # noqa: E402
from tests.fakes.stripe import fake  # noqa: E402


def settle(now: datetime) -> None:
    rating.settle(limit=7)


def close(now: datetime) -> None:
    for wallet in Wallet.objects.order_by("?"):
        statements.close_due(wallet=wallet, now=now)


def pay(now: datetime) -> None:
    for wallet_id in AutoTopUp.objects.order_by("?").values_list("wallet_id", flat=True):
        attending.attend(wallet_id=wallet_id, processor=gateways.processor(), now=now)
        wallet = Wallet.objects.get(pk=wallet_id)
        key = uuid5(NAMESPACE_OID, f"{wallet_id} {Refund.objects.filter(top_up__wallet=wallet).count()}")
        try:
            asked = refunds.request(wallet=wallet, amount=usd("0.25"), request_key=key, by=None, now=now)
        except refunds.NotRefundable:
            continue
        for refund in asked:
            refunds.send(refund=refund, processor=gateways.processor(), now=now)


def pay_out(now: datetime) -> None:
    for seller in Team.objects.filter(kind="seller"):
        payouts.generate_due(seller=seller, currency="USD", now=now)
        payouts.advance(seller=seller, now=now + timedelta(days=20))
        extra = f"extra {seller.pk} {Payout.objects.filter(seller=seller).count()}"
        payouts.enter(
            seller=seller, amount=usd("12"), kind=AdjustmentKind.CORRECTION, cause=extra, note="", by=None, now=now
        )
        try:
            asked = payouts.request(seller=seller, currency="USD", origin="demand", by=None, now=now)
        except (errors.BalanceTooSmall, errors.PayoutUnderWay):
            asked = None
        for payout in [asked] if asked else Payout.objects.filter(seller=seller, state="pending"):
            payouts.send(payout_id=payout.pk, processor=gateways.processor(), now=now)


WORK: dict[str, Callable[[datetime], None]] = {"close": close, "settle": settle, "pay": pay, "pay-out": pay_out}


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


def work(moment: str, *names: str) -> None:
    """Do this work for ever."""
    while True:
        for name in names:
            WORK[name](datetime.fromisoformat(moment))


def main(stripe_url: str) -> None:
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = fake.SECRET_KEY, stripe_url
    settings.STRIPE_WEBHOOK_SECRETS = [fake.WEBHOOK_SECRET]
    jobs.enqueue = lambda *_, **__: None
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        if child := os.fork():
            sys.stdout.write(f"{child}\n")
            sys.stdout.flush()
        else:
            work(*line.split())


if __name__ == "__main__":
    main(sys.argv[1])
