"""What is counted into a seller's month, and by which price."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from billing.ledger import services as ledger
from billing.ledger.models import AccountKind, TransactionKind
from billing.payouts import queries
from billing.payouts import services as payouts
from billing.payouts.models import PayoutTerm
from billing.subscriptions.models import Fee, Plan, Subscription
from billing.wallets import services as wallets
from common import ports
from tests.domain.pricing.test_documentation import rows
from tests.factories.accounts import TeamFactory
from tests.factories.billing import funded_wallet, usd
from tests.factories.payouts import DECEMBER, NOVEMBER, OCTOBER, SHARE, payout_price, sold, used

pytestmark = pytest.mark.django_db
TIERS = {
    "type": "tiered",
    "based_on": "request_count",
    "tiers": [
        {"up_to": 1000, "price": {"type": "constant", "price": "10"}},
        {"up_to": 10000, "price": {"type": "constant", "price": "80"}},
        {"up_to": None, "price": {"type": "constant", "price": "500"}},
    ],
}


def only(seller, period=NOVEMBER):
    [found] = queries.earnings(seller=seller, period=period)
    return found


class TestEarnings:
    def test_choose_the_tier_by_the_requests_of_all_customers_together(self):
        seller, service = sold(TIERS)
        for requests in (600, 399, 2):
            used(service, requests=requests)

        earning = only(seller)

        assert (earning.requests, earning.payout) == (1001, 80)
        assert earning.trace["formula"] == "request_count = 1001: tier up to 10000"

    def test_sum_up_metrics_over_wallets_enrollments_and_late_usage(self):
        seller, service = sold({"type": "one_million_tokens", "input": "1", "output": "2"})
        used(service, input_tokens="1000000", output_tokens="500000")
        late = used(service, input_tokens="250000")
        late.pk, late.late, late.metrics = None, True, {"input_tokens": "750000"}
        late.save()

        earning = only(seller)

        assert earning.payout == Decimal("3.00")
        assert earning.metrics == {"input_tokens": 2_000_000, "output_tokens": 500_000}

    @pytest.mark.parametrize(
        ("promotion", "listed", "charged", "by_platform", "customer_charge", "payout"),
        rows("payouts.md", "promotion", "list", "charged", "taken off by the platform", "customer_charge", "payout"),
    )
    def test_share_what_the_platform_took_off_and_not_what_the_seller_did(
        self, promotion, listed, charged, by_platform, customer_charge, payout
    ):
        seller, service = sold(SHARE)
        used(service, paid=charged, by_platform=by_platform)

        earning = only(seller)

        assert (earning.customer_charge, earning.payout) == (Decimal(customer_charge), Decimal(payout))

    def test_have_no_share_in_what_nobody_paid(self):
        """A loss: the usage cost 10, the hold allowed 4."""
        seller, service = sold({"type": "add", "prices": [SHARE, {"type": "one_token", "price": "1"}]})
        row = used(service, paid="4", output_tokens="10")
        row.listed = Decimal(10)
        row.save()

        assert only(seller).payout == Decimal("2.8") + 10

    def test_tell_channels_apart(self):
        price = {"type": "channel", "default": "managed", "channels": {
            "managed": SHARE, "byok": {"type": "expr", "expr": "request_count * 0.001"}}}  # fmt: skip
        seller, service = sold(price)
        used(service, requests=400, paid="50", channel="managed")
        used(service, requests=3000, paid="9", channel="byok")
        used(service, requests=100, paid="1")

        assert only(seller).payout == Decimal("38.7")

    def test_may_be_below_zero(self):
        seller, service = sold({"type": "one_million_tokens", "input": "-1", "output": "-5"})
        used(service, input_tokens="1000000", output_tokens="1000000")

        assert only(seller).payout == -6

    def test_say_why_they_cannot_be_computed(self):
        seller, service = sold({"type": "image", "price": "0.05"})
        used(service, input_tokens="5")

        earning = only(seller)

        assert earning.payout == 0
        assert "image price needs" in earning.error

    def test_count_usage_paid_in_another_currency_but_share_nothing_of_it(self):
        seller, service = sold({"type": "one_token", "price": "1"})
        used(service, paid="9", currency="EUR", output_tokens="2")
        used(service, paid="5", output_tokens="1")

        earning = only(seller)

        assert (earning.payout, earning.customer_charge) == (3, 5)

    def test_refuse_to_share_what_was_paid_in_another_currency(self):
        seller, service = sold(SHARE)
        used(service, paid="9", currency="EUR")

        earning = only(seller)

        assert earning.payout == 0
        assert "customers paid in EUR and the payout price is in USD" in earning.error

    def test_of_a_service_without_a_price_are_nothing(self):
        seller, service = TeamFactory(seller=True), uuid4()
        payouts.agree(
            service_id=service, seller=seller, price=None, currency="USD", now=datetime(2026, 10, 1, tzinfo=UTC)
        )
        used(service, requests=7, paid="3")

        earning = only(seller)

        assert (earning.payout, earning.requests, earning.price_in_words) == (0, 7, "No payout price")

    def test_leave_out_services_that_nobody_used_and_those_of_others(self):
        seller, _ = sold({"type": "constant", "price": "10"})
        _, other = sold()
        used(other, paid="5")

        assert queries.earnings(seller=seller, period=NOVEMBER) == []

    def test_cost_few_queries_however_many_services(self, django_assert_num_queries):
        seller, service = sold()
        used(service, paid="1")
        for _ in range(3):
            _, another = sold(seller=seller)
            used(another, paid="1")

        with django_assert_num_queries(4):
            assert len(queries.earnings(seller=seller, period=NOVEMBER)) == 4

    def test_leave_out_what_the_sellers_promotions_took_off_statements(self, monkeypatch):
        seller, service = sold()
        used(service, paid="100")
        off = [(service, "USD", Decimal(20))]
        monkeypatch.setattr(ports.statement_discounts, "_function", lambda *_: off)

        [earning] = queries.earnings(seller=seller, period=NOVEMBER)

        assert (earning.customer_charge, earning.payout) == (80, 56)


class TestFees:
    def paid(self, service, amount, at, wallet=None):
        """Pay a subscription fee of a service."""
        wallet = wallet or funded_wallet("1000")
        posted = wallets.withdraw(
            wallet=wallet,
            amount=usd(amount),
            target=ledger.account(kind=AccountKind.REVENUE, currency="USD"),
            kind=TransactionKind.FEE,
            key=str(uuid4()),
            note="Fee",
            by=None,
            now=at,
        )
        plan = Plan.objects.create(
            service_id=service, key=str(uuid4()), version=1, name="Pro", currency="USD", fee=amount
        )
        enrollment = uuid4()
        month = {"starts_at": at, "ends_at": at + timedelta(days=30)}
        subscription = Subscription.objects.create(
            team=wallet.team,
            wallet=wallet,
            service_id=service,
            enrollment_id=enrollment,
            plan=plan,
            time_zone="UTC",
            anchored_at=at,
            **month,
        )
        return Fee.objects.create(
            subscription=subscription,
            wallet=wallet,
            service_id=service,
            enrollment_id=enrollment,
            plan=plan,
            kind="period",
            number=1,
            charged=amount,
            amount=amount,
            transaction=posted,
            paid_at=at,
            **month,
        )

    def test_of_subscriptions_are_shared_in_the_month_they_were_paid(self):
        seller, service = sold(SHARE)
        used(service, requests=5, paid="2")
        self.paid(service, "20", datetime(2026, 11, 1, tzinfo=UTC))
        self.paid(service, "30", datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
        self.paid(service, "40", datetime(2026, 12, 1, tzinfo=UTC))

        assert (only(seller).customer_charge, only(seller).payout) == (52, Decimal("36.4"))
        assert only(seller, DECEMBER).payout == 28

    def test_alone_make_a_month_to_invoice(self):
        seller, service = sold(SHARE)
        self.paid(service, "20", datetime(2026, 11, 3, tzinfo=UTC))

        assert queries.months_to_invoice(seller=seller, currency="USD", before=DECEMBER) == [NOVEMBER]


class TestTerms:
    def at(self, month, day=1):
        return datetime(2026, month, day, tzinfo=UTC)

    def agree(self, seller, service, percentage, now):
        price = payout_price({"type": "revenue_share", "percentage": percentage})
        return payouts.agree(service_id=service, seller=seller, price=price, currency="USD", now=now)

    def in_force(self, service, period):
        return queries.term_of(service, period).price.price["percentage"]

    def test_hold_at_once_for_a_new_service(self):
        seller, service = TeamFactory(seller=True), uuid4()

        self.agree(seller, service, "70", self.at(11, 20))

        assert self.in_force(service, NOVEMBER) == "70"
        assert queries.term_of(service, OCTOBER) is None

    def test_that_change_hold_from_the_next_month_on(self):
        seller, service = TeamFactory(seller=True), uuid4()
        self.agree(seller, service, "70", self.at(10))

        self.agree(seller, service, "60", self.at(11, 2))

        assert self.in_force(service, NOVEMBER) == "70"
        assert self.in_force(service, DECEMBER) == "60"

    def test_that_change_twice_in_a_month_hold_as_last_agreed(self):
        seller, service = TeamFactory(seller=True), uuid4()
        self.agree(seller, service, "70", self.at(10))
        self.agree(seller, service, "60", self.at(11, 2))

        self.agree(seller, service, "70", self.at(11, 3))

        assert self.in_force(service, DECEMBER) == "70"

    def test_that_stay_the_same_are_written_once(self):
        seller, service = TeamFactory(seller=True), uuid4()
        for month in (9, 10, 11):
            self.agree(seller, service, "70", self.at(month))

        assert PayoutTerm.objects.count() == 1
