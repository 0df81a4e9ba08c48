"""A year of a small market under a moved clock: three customers, two sellers, cards at the pretended processor.

Beside every call stands what it was: `seen`. From that alone, with the sellers' own calculator, the test works out what
everybody owes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID, uuid4

from django.db.models import F

from accounts.teams.models import Team
from billing.payments.processor import Processor
from billing.payments.services import attending, reconciling
from billing.payouts import services as payouts
from billing.payouts.services import errors
from billing.prices.models import PriceVersion
from billing.promotions import services as promotions
from billing.promotions.models import PriceRule
from billing.rating import services as rating
from billing.statements import services as statements
from billing.subscriptions import services as subscriptions
from billing.subscriptions.models import Plan, Subscription
from billing.wallets.models import Wallet
from domain.usage import UsageEvent
from marketplace.catalog import services as catalog
from marketplace.catalog.models import Service
from marketplace.enrollments import services as enrollments
from marketplace.enrollments.models import Enrollment, PriceChange
from tests.factories.accounts import TeamFactory, UserFactory, owner_of
from tests.factories.billing import ship, usage_event
from tests.factories.marketplace import make_service
from tests.factories.payments import pay, wallet_with_card
from tests.factories.promotions import promotion
from tests.factories.statements import opened
from tests.fakes.stripe.fake import FakeStripe
from tests.journeys.money.plain_books import Promotion

#: Later than any clock that runs the tests; with a leap day in it.
BEGINS, DAYS = datetime(2131, 9, 1, tzinfo=UTC), 380
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZONES = ("Asia/Kolkata", "America/New_York", "Europe/Berlin")
CHAT_PRICE = {"type": "one_million_tokens", "input": "1500", "output": "9000"}
DEARER_CHAT = {"type": "one_million_tokens", "input": "1700", "output": "9900"}
IMAGE_PRICE = {"type": "graduated", "based_on": "images_generated", "tiers": [
    {"up_to": 2, "unit_price": "0.333"}, {"up_to": None, "unit_price": "0.25"}]}  # fmt: skip
CHAT_PAYOUT = {"type": "revenue_share", "percentage": "72.5"}
IMAGE_PAYOUT = {"type": "add", "prices": [
    {"type": "revenue_share", "percentage": "40"},
    {"type": "graduated", "based_on": "request_count", "tiers": [
        {"up_to": 50, "unit_price": "0.05"}, {"up_to": None, "unit_price": "0.037"}]}]}  # fmt: skip
PLANS = {"default_visibility": "public", "plans": [
    {"name": "pro", "display_name": "Pro", "monthly_fee": "19.99",
     "included": {"metric": "requests", "quantity": 20}}]}  # fmt: skip


@dataclass
class Seen:
    """A call. settled_at: when its event had arrived."""

    event: UsageEvent
    customer: int
    service: str
    price: dict[str, Any]
    settled_at: datetime


@dataclass
class CalendarYear:
    """The market and everything that was done in it."""

    stripe: FakeStripe
    processor: Processor
    random: Random = field(default_factory=lambda: Random(7))
    now: datetime = BEGINS
    seen: list[Seen] = field(default_factory=list)
    late: list[tuple[datetime, Seen]] = field(default_factory=list)
    deals: list[tuple[str | None, Promotion]] = field(default_factory=list)
    disputed: list[tuple[UUID, Decimal, datetime]] = field(default_factory=list)
    rules: list[PriceRule] = field(default_factory=list)
    arrived: list[UsageEvent] = field(default_factory=list)

    def open_market(self) -> None:
        self.stripe.clock.stop_at(self.now)
        self.services: dict[str, Service] = {
            "chat": make_service(
                now=self.now,
                listing={"list_price": CHAT_PRICE, "service_options": PLANS},
                offering={"payout_price": CHAT_PAYOUT},
            ),
            "images": make_service(
                now=self.now, listing={"list_price": IMAGE_PRICE}, offering={"payout_price": IMAGE_PAYOUT}
            ),
        }
        self.operator = UserFactory(operator=True)
        self.sellers: dict[str, Team] = {name: service.seller for name, service in self.services.items()}
        self.teams = [TeamFactory(timezone=zone) for zone in ZONES]
        self.wallets: list[Wallet] = []
        self.cards: list[str] = []
        for team in self.teams:
            opened(team, self.now)
            wallet, card = wallet_with_card(self.stripe, self.processor, team=team)
            self.wallets.append(wallet)
            self.cards.append(card)
            pay(self.processor, wallet, "120", card, now=self.now)
        self.enrollments: dict[tuple[int, str], Enrollment] = {}
        for index, team in enumerate(self.teams):
            for name, service in self.services.items():
                plan = Plan.objects.get(service_id=service.pk) if name == "chat" and index < 2 else None
                self.enrollments[index, name] = enrollments.enroll(
                    team=team,
                    service=service,
                    by=owner_of(team),
                    parameters={},
                    plan_id=plan and plan.pk,
                    now=self.now,
                )
        for seller in self.sellers.values():
            account = payouts.connect(
                seller=seller, country="US", email="s@example.org", processor=self.processor, now=self.now
            )
            self.stripe.complete_account(account.processor_account)
            payouts.refresh_account(seller=seller, processor=self.processor, now=self.now)

    def deal(
        self, owner: str | None, pricing: dict[str, Any], *, factor: str = "", off: str = "0", **content: Any
    ) -> None:
        """Begin a promotion, of a seller or of the platform."""
        made = promotion(self.sellers[owner] if owner else None, pricing, now=self.now, **content)
        on_statement = content.get("apply_at") == "statement"
        plain = Promotion(Decimal(factor) if factor else None, Decimal(off), owner is None, on_statement, self.now)
        self.deals.append((owner, plain))
        self.rules.append(made)

    def end_deal(self, index: int) -> None:
        promotions.pause(rule=self.rules[index], now=self.now)
        self.deals[index][1].until = self.now

    def raise_chat_price(self) -> None:
        catalog.set_price(service=self.services["chat"], price=DEARER_CHAT, now=self.now)
        for index in range(3):
            enrollments.follow_price(enrollment_id=self.enrollments[index, "chat"].pk, now=self.now)
        change = PriceChange.objects.get(enrollment=self.enrollments[2, "chat"])
        enrollments.accept(team=self.teams[2], change_id=change.pk, by=None, now=self.now)

    def live(self) -> None:
        """Live through one day: calls at any hour, then what the platform's jobs do."""
        for hour in sorted(self.random.sample(range(24), 5)):
            self.call(self.random.randrange(3), self.now + hour * HOUR + timedelta(minutes=self.random.randrange(60)))
        self.now += DAY
        self.stripe.clock.stop_at(self.now)
        for due in [each for each in self.late if each[0] <= self.now]:
            self.late.remove(due)
            due[1].settled_at = self.now
            self.arrived.append(due[1].event)
        for pk in Subscription.objects.filter(ends_at__lte=self.now).values_list("pk", flat=True):
            subscriptions.renew(subscription_id=pk, now=self.now)  # each minute, so before the calls are settled
        ship(*self.arrived)
        self.arrived.clear()
        rating.settle(limit=1000)
        for change in PriceChange.objects.filter(takes_effect_at__lte=self.now, closed_at=None):
            enrollments.take_effect(change_id=change.pk, now=self.now)
        self.jobs()

    def jobs(self) -> None:
        for pk in Wallet.objects.filter(settled__lt=F("usage") + F("attention_below")).values_list("pk", flat=True):
            attending.attend(wallet_id=pk, processor=self.processor, now=self.now)
        if self.now.day < 4:
            for wallet in self.wallets:
                statements.close_due(wallet=Wallet.objects.get(pk=wallet.pk), now=self.now)
        if self.now.day == 5:
            reconciling.reconcile(processor=self.processor, now=self.now)
            for seller in self.sellers.values():
                payouts.generate_due(seller=seller, currency="USD", now=self.now)
        if self.now.day == 25:
            for seller in self.sellers.values():
                payouts.advance(seller=seller, now=self.now)
                self.pay_seller(seller)

    def pay_seller(self, seller: Team) -> None:
        try:
            asked = payouts.request(seller=seller, currency="USD", origin="demand", by=None, now=self.now)
        except (errors.BalanceTooSmall, errors.BalanceNegative):
            return
        payouts.send(payout_id=asked.pk, processor=self.processor, now=self.now)

    def call(self, customer: int, ended: datetime, name: str = "") -> None:
        """Make a call; one of thirty is told of late, and of one of twenty the hold was too small."""
        name = name or self.random.choice(["chat", "chat", "images"])
        usage = (
            {"input_tokens": self.random.randrange(1, 300), "output_tokens": self.random.randrange(1, 200)}
            if name == "chat"
            else {"images_generated": self.random.randrange(1, 6)}
        )
        enrollment = Enrollment.objects.select_related("price").get(pk=self.enrollments[customer, name].pk)
        price: PriceVersion = enrollment.price
        event = usage_event(
            self.wallets[customer],
            price,
            event_id=UUID(int=self.random.getrandbits(128)),
            service_id=self.services[name].pk,
            enrollment_id=enrollment.pk,
            usage=usage,
            hold=Decimal("0.4") if self.random.random() < 0.05 else Decimal(50),
            started_at=ended - timedelta(seconds=3),
            finished_at=ended,
        )
        seen = Seen(event, customer, name, price.price, self.now + DAY)
        self.seen.append(seen)
        if self.random.random() < 1 / 30:
            self.late.append((ended + self.random.randrange(1, 45) * DAY, seen))
        else:
            self.arrived.append(event)


def key() -> UUID:
    """Return the key of a form."""
    return uuid4()
