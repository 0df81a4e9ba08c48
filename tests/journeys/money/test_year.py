"""A year under a moved clock: books, statements, invoices and the processor's own books agree to the last digit.

What everybody owes is worked out anew from the calls that were made, with the calculator that the sellers publish.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest
from unitysvc_core.models.pricing import UsageData, validate_pricing

from billing.ledger import queries as books
from billing.ledger import services as ledger
from billing.ledger.models import AccountKind
from billing.payments.models import Chargeback, Refund, TopUp
from billing.payments.services import agreement, reconciling, refunds
from billing.payouts.models import Adjustment, Invoice, InvoiceLine, Payout
from billing.rating import verification
from billing.rating.models import Charge
from billing.statements import services as statements
from billing.statements.models import Statement, StatementFile
from billing.subscriptions.models import Fee
from billing.wallets.models import Wallet
from common import jobs
from marketplace.disputes import services as disputes
from marketplace.disputes.models import Side
from tests.factories.billing import usd
from tests.factories.payments import pay, stand
from tests.fakes.stripe.fixtures import _stripe_server, stripe, stripe_processor
from tests.journeys.money.calendar_year import (
    BEGINS,
    CHAT_PAYOUT,
    DAYS,
    IMAGE_PAYOUT,
    ZONES,
    CalendarYear,
    Seen,
    key,
)
from tests.journeys.money.plain_books import GRACE, ZERO, after, end_of, exact, month_of

__all__ = ["_stripe_server", "stripe", "stripe_processor"]
pytestmark = pytest.mark.django_db

CENT = Decimal("0.01")


@pytest.fixture
def lived(stripe, stripe_processor, monkeypatch) -> CalendarYear:
    """The year, with everything that happens in it."""
    monkeypatch.setattr(jobs, "enqueue", lambda *_, **__: None)
    logging.disable()
    year = CalendarYear(stripe, stripe_processor)
    year.open_market()
    year.call(1, BEGINS + timedelta(hours=1), "images")  # it is still August in New York
    stand(year.wallets[0], year.cards[0], threshold="40", target="90", ceiling="5000")
    stand(year.wallets[1], year.cards[1], threshold="35", target="70", ceiling="5000")
    for day in range(DAYS):
        happen(year, day)
        year.live()
    logging.disable(logging.NOTSET)
    return year


def happen(year: CalendarYear, day: int) -> None:
    """What people decide on some days."""
    if day % 45 == 10:
        pay(year.processor, year.wallets[2], "300", year.cards[2], now=year.now)
    if day == 20:
        year.deal("chat", {"type": "multiply", "factor": "0.85"}, factor="0.85")
    if day == 50:
        year.deal(None, {"type": "constant", "price": "-0.125"}, off="0.125")
    if day == 75:
        year.deal("images", {"type": "multiply", "factor": "0.9"}, factor="0.9", apply_at="statement")
    if day == 100:
        year.deal(None, {"type": "constant", "price": "-1.5"}, off="1.5", apply_at="statement")
    if day in (130, 190, 300):
        year.end_deal({130: 0, 190: 1, 300: 3}[day])
    if day == 150:
        year.raise_chat_price()
    if day in (90, 230):
        refunds.request(wallet=year.wallets[2], amount=usd("12.34"), request_key=key(), by=None, now=year.now)
        for refund in Refund.objects.filter(refund_id=None).select_related("top_up__wallet"):
            refunds.send(refund=refund, processor=year.processor, now=year.now)
    if day == 200:
        year.stripe.dispute(TopUp.objects.filter(wallet=year.wallets[2]).order_by("started_at")[1].payment_id)
        reconciling.reconcile(processor=year.processor, now=year.now)
    if day in (120, 260):
        contest(year, "chat" if day == 120 else "images")


def contest(year: CalendarYear, service: str) -> None:
    """Let the last charged call for a service be given back in part."""
    charges = Charge.objects.filter(service_id=year.services[service].pk, charged__gt=CENT)
    charge = charges.order_by("-finished_at").first()
    assert charge is not None
    dispute = disputes.open(team=charge.team, charge=charge, text="Wrong", by=None, now=year.now)
    amount = exact(charge.charged / 3)
    disputes.resolve(dispute=dispute, amount=amount, side=Side.OPERATOR, text="Right", by=year.operator, now=year.now)
    year.disputed.append((charge.pk, amount, year.now))


class Expected:
    """The year worked out from its calls alone."""

    def __init__(self, year: CalendarYear) -> None:
        self.year = year
        self.charged: dict[str, Decimal] = {}
        self.by_platform: dict[str, Decimal] = {}
        self.months: dict[str, date] = {}
        quotas = {(fee.enrollment_id, fee.starts_at): [fee.ends_at, 20] for fee in Fee.objects.order_by("starts_at")}
        for seen in sorted(year.seen, key=lambda each: (each.settled_at, each.event.event_id)):
            if seen not in [each for _, each in year.late]:
                self._charge(seen, quotas)
        self.discounts = list(self._discounts())

    def _charge(self, seen: Seen, quotas: dict) -> None:
        event = seen.event
        running = exact(validate_pricing(seen.price).calculate_cost(UsageData(**event.usage)))
        by_platform = ZERO
        for (enrollment, starts_at), quota in quotas.items():
            is_live = str(enrollment) == event.enrollment_id and starts_at <= event.started_at < quota[0]
            if running and is_live and quota[1]:
                quota[1] -= 1
                running = ZERO
        for owner, deal in self.year.deals:
            if (
                running
                and not deal.on_statement
                and owner in (None, seen.service)
                and deal.holds(event.started_at, None)
            ):
                off = deal.takes(running)
                running -= off
                by_platform += off if deal.by_platform else ZERO
        zone, own = ZONES[seen.customer], month_of(event.finished_at, ZONES[seen.customer])
        while seen.settled_at > (closing := self._closing(own, zone)):
            own = after(own)
        assert closing
        pk = event.event_id
        self.charged[pk], self.by_platform[pk], self.months[pk] = min(running, event.hold), by_platform, own

    @staticmethod
    def _closing(month: date, zone: str):
        """Return the midnight (UTC) at which the job closed a month: the first after its grace."""
        due = end_of(month, zone) + GRACE
        midnight = due.replace(hour=0, minute=0)
        return midnight if midnight >= due else midnight + timedelta(days=1)

    def _discounts(self):
        """Yield (customer, service, month, by the platform, amount) of promotions on statements."""
        sums: dict[tuple[int, date], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for seen in self.year.seen:
            if (pk := seen.event.event_id) in self.charged:
                sums[seen.customer, self.months[pk]][seen.service] += self.charged[pk]
        for (customer, month), by_service in sums.items():
            if self.year.now < self._closing(month, ZONES[customer]):
                continue
            last_moment = end_of(month, ZONES[customer]) - timedelta(microseconds=1)
            for owner, deal in self.year.deals:
                if not (deal.on_statement and deal.holds(last_moment, None)):
                    continue
                reached = {name: net for name, net in by_service.items() if owner in (None, name)}
                amount = deal.takes(sum(reached.values(), ZERO))
                yield customer, owner, month, deal.by_platform, amount
                for name in reached:  # in proportion; what rounding leaves is the last one's
                    by_service[name] -= amount * reached[name] / sum(reached.values(), ZERO) if amount else ZERO

    def used(self, customer: int, month: date) -> Decimal:
        calls = (
            self.charged[pk]
            for each in self.year.seen
            if (pk := each.event.event_id) in self.charged and each.customer == customer and self.months[pk] == month
        )
        return sum(calls, ZERO)

    def off(self, customer: int, month: date) -> Decimal:
        return sum((each[4] for each in self.discounts if each[0] == customer and each[2] == month), ZERO)

    def earned(self, service: str, month: date) -> Decimal:
        """Return what the sellers' calculator gives for a month."""
        calls = [
            each.event.event_id
            for each in self.year.seen
            if each.service == service and self.months.get(each.event.event_id) == month
        ]
        fees = Fee.objects.filter(service_id=self.year.services[service].pk)
        paid = sum((fee.amount for fee in fees if month_of(fee.paid_at) == month), ZERO)
        paid += sum((self.charged[pk] + self.by_platform[pk] for pk in calls), ZERO)
        paid -= sum((each[4] for each in self.discounts if each[1] == service and each[2] == month), ZERO)
        price = validate_pricing(CHAT_PAYOUT if service == "chat" else IMAGE_PAYOUT)
        return exact(price.calculate_cost(UsageData(), customer_charge=paid, request_count=len(calls)))


def balance(kind: AccountKind, owner=None) -> Decimal:
    return books.balance(ledger.account(kind=kind, owner=owner, currency="USD"))


def test_a_year_agrees_to_the_last_digit(lived):
    year, expected = lived, Expected(lived)
    assert verification.verify() == []
    assert len(expected.charged) > 1800
    assert any(Charge.objects.filter(flags__contains=[flag]).exists() for flag in ("late",))

    # calls: each one by the sellers' calculator
    charged = dict(Charge.objects.values_list("pk", "charged"))
    assert {str(pk): amount for pk, amount in charged.items()} == expected.charged
    assert {str(pk): month for pk, month in Charge.objects.values_list("pk", "period")} == expected.months

    # statements: every closed month of every customer
    closed = {(each.wallet_id, each.period): each for each in Statement.objects.all()}
    assert len(closed) == 3 * 12 + 1
    for customer, wallet in enumerate(year.wallets):
        for (pk, month), statement in closed.items():
            if pk == wallet.pk:
                assert statement.usage == expected.used(customer, month) - expected.off(customer, month)

    # wallets: what came in and went out, less fees and usage, from the first day
    for customer, wallet in enumerate(year.wallets):
        money = sum(TopUp.objects.filter(wallet=wallet, state="succeeded").values_list("received", flat=True), ZERO)
        money -= sum(Refund.objects.filter(top_up__wallet=wallet).values_list("amount", flat=True), ZERO)
        money -= sum(Chargeback.objects.filter(top_up__wallet=wallet).values_list("amount", flat=True), ZERO)
        money -= sum(Fee.objects.filter(wallet=wallet).values_list("amount", flat=True), ZERO)
        mine = {each.event.event_id for each in year.seen if each.customer == customer}
        money += sum((amount for pk, amount, _ in year.disputed if str(pk) in mine), ZERO)
        money -= sum((expected.charged[pk] for pk in mine if pk in expected.charged), ZERO)
        money += sum((each[4] for each in expected.discounts if each[0] == customer), ZERO)
        assert Wallet.objects.get(pk=wallet.pk).available == money

    # sellers: each month of each invoice, and what was sent of it
    months = [min(expected.months.values())]
    while after(months[-1]) <= Invoice.objects.latest("period").period:
        months.append(after(months[-1]))
    assert len(months) == 13
    for name, seller in year.sellers.items():
        for month in months:
            given = InvoiceLine.objects.filter(service_id=year.services[name].pk, period=month)
            assert sum((line.payout for line in given), ZERO) == expected.earned(name, month), (name, month)
        booked = sum(Invoice.objects.filter(seller=seller, transaction__isnull=False).values_list("earned", flat=True))
        shares = sum(
            Adjustment.objects.filter(seller=seller, transaction__isnull=False).values_list("amount", flat=True)
        )
        sent = sum(Payout.objects.filter(seller=seller, state="sent").values_list("amount", flat=True))
        assert sent > 0
        assert balance(AccountKind.SELLER_PAYABLE, seller) == booked + shares - sent

    # the processor's own books
    assert agreement.disagreements(processor=year.processor, since=BEGINS - timedelta(days=1), now=year.now) == []
    lines = list(year.processor.balance_changes(since=BEGINS - timedelta(days=1), until=year.now + timedelta(days=1)))
    ours = {"charge", "refund", "refund_failure", "dispute", "dispute_reversal", "transfer", "transfer_reversal"}
    assert -balance(AccountKind.CARD_CLEARING) == sum((each.amount.amount for each in lines if each.type in ours), ZERO)
    assert year.stripe.balance() == 100 * sum((each.amount - each.fee).amount for each in lines)

    # the platform's margin: what customers paid on statements and in fees, less what sellers earn
    on_statements = sum((expected.used(customer, month) - expected.off(customer, month)
                         for customer in range(3) for month in months), ZERO)  # fmt: skip
    fees = sum(Fee.objects.values_list("amount", flat=True), ZERO)
    given_back = sum((amount for _, amount, _ in year.disputed), ZERO)
    finalized = (
        Invoice.objects.filter(finalized_at__isnull=False).order_by().values_list("period", flat=True).distinct()
    )
    earned = sum((expected.earned(name, month) for name in year.sellers for month in finalized), ZERO)
    shares = sum(Adjustment.objects.filter(transaction__isnull=False).values_list("amount", flat=True), ZERO)
    assert len(finalized) == 12
    assert shares < 0
    assert balance(AccountKind.REVENUE) == on_statements + fees - given_back - earned - shares

    # the papers of two months, each drawn twice
    for statement in list(Statement.objects.order_by("-usage")[:2]):
        first = {file.kind: file.sha256 for file in statements.render(statement=statement, now=year.now)}
        assert set(first) == {"pdf", "xml", "csv", "json"}
        assert {file.kind: file.sha256 for file in statements.render(statement=statement, now=year.now)} == first
    assert StatementFile.objects.count() == 8
    assert verification.verify() == []
