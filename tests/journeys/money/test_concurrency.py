"""Months are closed while workers settle, customers top up, are refunded and pay fees; nothing is lost or doubled."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models import Sum

from billing.payments.models import Customer, Refund, TopUp
from billing.payments.processor import PaymentState
from billing.payments.services import applying, refunds
from billing.payouts import services as payouts
from billing.rating import services as rating
from billing.rating import verification
from billing.rating.models import Charge, PeriodUsage, UsageInbox
from billing.statements import services as statements
from billing.statements.models import Statement
from billing.subscriptions import services as subscriptions
from billing.subscriptions.models import Fee, Subscription
from billing.wallets.models import Wallet
from common import jobs, ports
from tests.factories.accounts import TeamFactory
from tests.factories.billing import Process, price_version, ship, usage_event, usd
from tests.factories.payments import start
from tests.factories.payouts import sold
from tests.factories.statements import opened
from tests.factories.subscriptions import offer, terms
from tests.journeys.money.stand_in import StandIn

pytestmark = pytest.mark.usefixtures("transactional_db")

JUNE = datetime(2031, 6, 1, tzinfo=UTC)
WALLETS, EVENTS, WORKERS = 16, 1200, 16


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(jobs, "enqueue", lambda *_, **__: None)
    monkeypatch.setattr(ports.publish, "_function", lambda *_: None)
    monkeypatch.setattr(ports.enrollment_access, "_function", lambda *_: None)
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


class Crowd:
    """Everybody who does something, each in a thread with a connection of its own. done: all events are settled."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.shipped = threading.Event()
        self.processor = StandIn()

    def at_once(self, *works: Callable[[], None]) -> None:
        """Let all of them begin together, and raise what any of them raises."""
        together = threading.Barrier(len(works))

        def one(work: Callable[[], None]) -> None:
            try:
                connection.ensure_connection()
                together.wait(60)
                work()
            except BaseException:
                self.done.set()  # nobody waits for one who has failed
                raise
            finally:
                connection.close()

        with ThreadPoolExecutor(len(works)) as threads:
            for each in [threads.submit(one, work) for work in works]:
                each.result()

    def settle(self) -> None:
        while not self.done.is_set():
            if not rating.settle(limit=20).claimed and self.shipped.is_set() and not UsageInbox.objects.exists():
                self.done.set()

    def over(self, number: int) -> Iterator[int]:
        """Yield numbers while there is something to settle, each at least once."""
        chance = Random(number)
        yield from range(number)
        while not self.done.is_set():
            yield chance.randrange(number)


def test_closing_while_sixteen_workers_settle_loses_and_doubles_nothing():
    crowd, now = Crowd(), JUNE + timedelta(days=31)
    price, process = price_version({"type": "one_token", "price": "0.001"}), Process()
    seller, service = sold()
    plan = offer(service, terms("basic", "0.5", 30), now=JUNE)[0]
    wallets, leases, plans = [], [], []
    for _ in range(WALLETS):
        wallet = opened(TeamFactory(), JUNE)
        Customer.objects.create(team=wallet.team, is_live=False, processor_id=f"cus_stand_in_{wallet.pk}")
        top_up(crowd, wallet, "60", JUNE)
        asked = {"team": wallet.team, "service_id": service, "plan": plan, "enrollment_id": uuid4()}
        plans.append(subscriptions.subscribe(**asked, now=JUNE + timedelta(hours=1)))
        leases.append(process.draw(wallet, "10")[0])
        wallets.append(wallet)
    events = [event(number, wallets, leases, plans, price, service) for number in range(EVENTS)]

    def hand_over() -> None:
        for first in range(0, EVENTS, 50):
            ship(*events[first : first + 50])
            ship(*events[max(first - 20, 0) : first + 1])  # a gateway that did not hear of the commit
        crowd.shipped.set()

    def close() -> None:
        for index in crowd.over(WALLETS):
            statements.close_due(wallet=wallets[index], now=now)

    def pay() -> None:
        for index in crowd.over(WALLETS):
            top_up(crowd, wallets[index], "7.5", now)

    def send_back() -> None:
        for index in crowd.over(WALLETS):
            try:
                refunds.request(wallet=wallets[index], amount=usd("1.25"), request_key=uuid4(), by=None, now=now)
            except refunds.NotRefundable:
                continue

    def renew() -> None:
        for index in crowd.over(WALLETS):
            subscriptions.renew(subscription_id=plans[index].pk, now=now)
            payouts.generate_due(seller=seller, currency="USD", now=now)

    crowd.at_once(*[crowd.settle] * WORKERS, hand_over, close, close, pay, send_back, renew)
    statements_of_july = [
        each for wallet in wallets for each in statements.close_due(wallet=wallet, now=now + timedelta(days=31))
    ]
    payouts.generate_due(seller=seller, currency="USD", now=now + timedelta(days=62))

    assert Charge.objects.count() == EVENTS
    assert Statement.objects.count() == 2 * WALLETS == 2 * len(statements_of_july)
    assert Fee.objects.count() == 2 * WALLETS == 2 * Subscription.objects.count()
    charged = total(Charge, "charged")
    assert charged == total(PeriodUsage, "charged") == total(Statement, "usage")
    money = total(TopUp, "received") - total(Refund, "amount") - total(Fee, "amount")
    assert total(Wallet, "settled") == money - charged
    assert total(Wallet, "usage") == 0
    assert verification.verify() == []


def top_up(crowd: Crowd, wallet: Wallet, amount: str, now: datetime) -> None:
    paid = start(wallet, amount, "pm", now=now)
    applying.apply_payment(payment=crowd.processor.pay(paid, PaymentState.SUCCEEDED, now), now=now)


def event(number: int, wallets: list, leases: list, plans: list, price: object, service: UUID) -> object:
    """Return a call; one of three of the last minutes of June, the others of the first of July."""
    index = number % WALLETS
    ended = JUNE + timedelta(days=30, minutes=number % 3 * 10 - 9)
    return usage_event(
        wallets[index],
        price,
        event_id=uuid4(),
        service_id=service,
        enrollment_id=plans[index].enrollment_id,
        lease_id=leases[index] if number % 5 else None,
        usage={"output_tokens": 1 + number % 40},
        hold=Decimal("0.05"),
        started_at=ended - timedelta(seconds=2),
        finished_at=ended,
    )


def total(model: type, column: str) -> Decimal:
    return model.objects.aggregate(total=Sum(column))["total"] or Decimal(0)
