"""Two customers in zones of their own, a seller, and beside each of them what the plain books say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import TypeVar
from uuid import UUID, uuid4

from django.db import transaction
from hypothesis.stateful import RuleBasedStateMachine

from billing.ledger import queries as books
from billing.ledger import services as ledger
from billing.ledger.models import AccountKind
from billing.payments.models import Customer, Refund
from billing.payouts import queries as payout_queries
from billing.payouts import services as payouts
from billing.promotions.rule_book import on_requests
from billing.rating import verification
from billing.rating.models import UsageQuarantine
from billing.subscriptions import services as subscriptions
from billing.wallets.models import Wallet
from domain.usage import UsageEvent
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.billing import Process, price_version
from tests.factories.marketplace import make_service
from tests.factories.payouts import connected
from tests.factories.statements import opened
from tests.factories.subscriptions import terms
from tests.journeys.money.plain_books import ZERO, Charged, Promotion, Purse, Seller, month_of
from tests.journeys.money.stand_in import StandIn

#: Later than any clock that runs the tests, so that no promotion is forgotten as long over.
START = datetime(2131, 1, 5, 9, tzinfo=UTC)
ZONES = ("Asia/Kolkata", "America/New_York")
FEE, QUOTA = Decimal(7), 3

Item = TypeVar("Item")


class World(RuleBasedStateMachine):
    """What is there, and that it agrees with the plain books. `which` of a rule chooses among what there is.

    What does not apply at the moment does nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        on_requests.__init__(on_requests._moment)  # what it remembers was rolled back
        self.now = START
        self.processor = StandIn()
        self.service = make_service(now=START, offering={"payout_price": {"type": "revenue_share", "percentage": "70"}})
        self.seller_team, self.seller = self.service.seller, Seller()
        connected(self.seller_team)
        payouts.set_window(seller=self.seller_team, days=0)
        self.operator = UserFactory(operator=True)
        self.wallets = [opened(TeamFactory(timezone=zone), START) for zone in ZONES]
        self.purses = [
            Purse(wallet.pk, zone, month_of(START, zone)) for wallet, zone in zip(self.wallets, ZONES, strict=True)
        ]
        for wallet in self.wallets:
            Customer.objects.create(
                team=wallet.team, is_live=False, processor_id=f"{self.processor.customer_id}_{wallet.pk}"
            )
        self.enrollments = [uuid4() for _ in self.wallets]
        offered = subscriptions.offer(
            service_id=self.service.pk, currency="USD", terms=[terms("basic", str(FEE), QUOTA)], now=START
        )
        self.plan = offered[0]
        self.prices = [(price_version(), Decimal(1))]
        self.processes = [Process("gateway-1"), Process("gateway-2")]
        self.spools: dict[str, list[UsageEvent]] = {"gateway-1": [], "gateway-2": []}
        self.inbox: dict[str, UsageEvent] = {}
        self.sent: list[UsageEvent] = []
        self.numbers = count(1)
        self.charges: dict[str, Charged] = {}
        self.lost_calls: set[str] = set()
        self.promotions: list[tuple[UUID, Promotion, str]] = []
        self.refunds: dict[str, tuple[Refund, str]] = {}
        self.clearing = self.revenue = ZERO
        self.steps = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    def wallet(self, which: int) -> tuple[Wallet, Purse]:
        return self.wallets[which % 2], self.purses[which % 2]

    def purse_of(self, event: UsageEvent) -> Purse:
        return next(purse for purse in self.purses if str(purse.id) == event.wallet_id)

    def later(self, hours: int) -> None:
        self.now += timedelta(hours=hours, seconds=1)

    @staticmethod
    def one(items: list[Item], which: int) -> list[Item]:
        return [items[which % len(items)]] if items else []

    def agrees(self) -> None:
        """Hold the wallets' rows against the plain books."""
        rows = {row.pk: row for row in Wallet.objects.filter(pk__in=[purse.id for purse in self.purses])}
        for purse in self.purses:
            row = rows[purse.id]
            assert (row.settled, row.usage, row.held, row.overdrawn, row.spendable) == (
                purse.settled,
                purse.used,
                purse.held,
                purse.overdrawn,
                purse.spendable,
            )
            assert row.open_period in (None, purse.open_month)

    def agrees_in_all(self) -> None:
        """Hold the books of everybody against the plain ones, and prove them."""
        usd = {kind: books.balance(ledger.account(kind=kind, currency="USD")) for kind in
               (AccountKind.CARD_CLEARING, AccountKind.REVENUE)}  # fmt: skip
        assert usd == {
            AccountKind.CARD_CLEARING: -self.clearing,
            AccountKind.REVENUE: self.revenue - self.seller.earned,
        }
        assert payout_queries.balance(seller=self.seller_team, currency="USD").current == self.seller.owed
        assert verification.verify() == []
        assert not UsageQuarantine.objects.exists()

    def renamed(self, event: UsageEvent, **facts: object) -> UsageEvent:
        return replace(event, **facts)
