"""Workers are killed in the middle of closes, top-ups, refunds and payouts. After a sweep nothing is lost or doubled.

MONEY_KILLS says how many.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

import pytest
from django.conf import settings

from billing.ledger import queries as books
from billing.ledger import services as ledger
from billing.ledger.models import AccountKind
from billing.payments.models import OPEN_STATES, Refund, TopUp
from billing.payments.services import agreement, reconciling, refunds, top_ups
from billing.payouts import services as payouts
from billing.payouts.models import Payout
from billing.rating import services as rating
from billing.rating import verification
from billing.rating.models import Charge, UsageInbox
from billing.statements import services as statements
from billing.statements.models import Statement
from billing.wallets.models import Wallet
from common import jobs, ports
from tests.billing.rating.test_consumer_process import database_url
from tests.factories.accounts import TeamFactory
from tests.factories.billing import price_version, ship, usage_event
from tests.factories.payments import pay, stand, wallet_with_card
from tests.factories.payouts import sold
from tests.factories.statements import opened
from tests.fakes.stripe.fake import FakeStripe
from tests.fakes.stripe.fixtures import _stripe_server, stripe, stripe_processor
from tests.journeys.money.plain_books import ZERO

__all__ = ["_stripe_server", "stripe", "stripe_processor"]
pytestmark = [pytest.mark.usefixtures("transactional_db"), pytest.mark.chaos]

KILLS = int(os.environ.get("MONEY_KILLS", "30"))
START = datetime(2131, 6, 2, tzinfo=UTC)
WALLETS, EVENTS = 8, 40
ROLES = ("settle close", "pay settle", "pay-out")


class Workers:
    """Three workers, each in a process that may end at any moment."""

    def __init__(self, source: subprocess.Popen[str]) -> None:
        self._source = source
        self._running: dict[str, int] = {}

    def start(self, role: str, now: datetime) -> None:
        assert self._source.stdin is not None
        assert self._source.stdout is not None
        self._source.stdin.write(f"{now.isoformat()} {role}\n")
        self._source.stdin.flush()
        self._running[role] = int(self._source.stdout.readline())

    def kill(self, role: str) -> None:
        os.kill(self._running.pop(role), signal.SIGKILL)  # which fails when it has ended by itself: by an error

    def kill_all(self) -> None:
        for role in list(self._running):
            self.kill(role)


@contextlib.contextmanager
def workers(stripe: FakeStripe) -> Iterator[Workers]:
    environment = {**os.environ, "DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    source = subprocess.Popen(
        [sys.executable, "-m", "tests.journeys.money.killed", stripe.url],
        cwd=settings.BASE_DIR,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Workers(source)
    finally:
        source.kill()
        source.communicate()


@pytest.fixture
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "enqueue", lambda *_, **__: None)
    monkeypatch.setattr(ports.publish, "_function", lambda *_: None)


@pytest.mark.usefixtures("_quiet")
def test_killed_workers_leave_nothing_that_a_sweep_does_not_heal(stripe, stripe_processor):
    chance, now = Random(11), START
    stripe.clock.stop_at(now)
    stripe.fund(10**9)
    sellers = [sold() for _ in range(2)]
    for number, (seller, _) in enumerate(sellers):
        account = payouts.connect(
            seller=seller, country="US", email=f"s{number}@example.org", processor=stripe_processor, now=now
        )
        stripe.complete_account(account.processor_account)
        payouts.refresh_account(seller=seller, processor=stripe_processor, now=now)
        payouts.set_window(seller=seller, days=0)
    wallets = [funded(stripe, stripe_processor, now) for _ in range(WALLETS)]
    price, numbers = price_version({"type": "one_token", "price": "0.013"}), iter(range(10**6))

    with workers(stripe) as crowd:
        for role in ROLES:
            crowd.start(role, now)
        for kill in range(KILLS):
            ship(*[event(next(numbers), wallets, sellers, price, now) for _ in range(EVENTS)])
            time.sleep(chance.uniform(0.02, 0.5))
            if kill % 6 == 5:  # the month is over
                now += timedelta(days=31)
                stripe.clock.stop_at(now)
            role = ROLES[kill % len(ROLES)]
            crowd.kill(role)
            crowd.start(role, now)
        time.sleep(0.5)
        crowd.kill_all()
    sweep(stripe_processor, wallets, sellers, now)

    assert verification.verify() == []
    assert Charge.objects.count() == KILLS * EVENTS == next(numbers)
    assert {each.open_period for each in Wallet.objects.all()} == {now.date().replace(day=1)}
    stated, months = Counter(Statement.objects.values_list("wallet", flat=True)), KILLS // 6
    # on a slow machine the first month may end before anything of a wallet has come: such a month has no statement
    assert len(stated) == WALLETS
    assert set(stated.values()) <= {months - 1, months}
    assert not TopUp.objects.filter(state__in=OPEN_STATES).exists()
    assert not Payout.objects.filter(state="pending").exists()
    assert Payout.objects.count() > 1
    assert len(stripe.objects("charge")) == TopUp.objects.filter(state="succeeded").count() > WALLETS
    assert len(stripe.objects("refund")) == Refund.objects.filter(state="succeeded").count() == Refund.objects.count()
    assert len(stripe.objects("transfer")) == Payout.objects.filter(state="sent").count()
    since = START - timedelta(days=1)
    assert agreement.disagreements(processor=stripe_processor, since=since, now=now + timedelta(days=1)) == []
    moved = list(stripe_processor.balance_changes(since=since, until=now + timedelta(days=1)))
    clearing = books.balance(ledger.account(kind=AccountKind.CARD_CLEARING, currency="USD"))
    assert -clearing == sum((each.amount.amount for each in moved if each.type in OURS), ZERO)


OURS = agreement.OF_WALLETS | {"transfer", "transfer_reversal"}


def funded(stripe: FakeStripe, processor: object, now: datetime) -> Wallet:
    """Return a wallet with a standing order that soon has something to do."""
    wallet = opened(TeamFactory(), now)
    wallet, card = wallet_with_card(stripe, processor, team=wallet.team)
    pay(processor, wallet, "9", card, now=now)
    stand(wallet, card, threshold="8", target="14", ceiling="100000")
    return wallet


def event(number: int, wallets: list[Wallet], sellers: list, price: object, now: datetime) -> object:
    return usage_event(
        wallets[number % WALLETS],
        price,
        event_id=UUID(int=number + 1),
        service_id=sellers[number % 2][1],
        usage={"output_tokens": number % 60},
        hold=Decimal(1),
        started_at=now - timedelta(hours=2),
        finished_at=now - timedelta(hours=1),
    )


def sweep(processor: object, wallets: list[Wallet], sellers: list, now: datetime) -> None:
    """Do what the platform's jobs do by and by."""
    while UsageInbox.objects.exists():
        rating.settle(limit=1000)
    for wallet in wallets:
        statements.close_due(wallet=wallet, now=now)
    for top_up in TopUp.objects.filter(state="pending").select_related("wallet__team"):
        top_ups.recover(top_up=top_up, processor=processor, now=now + timedelta(minutes=3))
    for refund in Refund.objects.filter(state="pending").select_related("top_up__wallet"):
        refunds.send(refund=refund, processor=processor, now=now)
    for payout in Payout.objects.filter(state="pending"):
        payouts.send(payout_id=payout.pk, processor=processor, now=now)
    for seller, _ in sellers:
        payouts.generate_due(seller=seller, currency="USD", now=now)
    reconciling.reconcile(processor=processor, now=now)
