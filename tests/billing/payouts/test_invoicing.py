"""Seller invoices: when they are written, what they list, and their way from generated to funds released."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from accounts.teams.models import Team
from billing.ledger.models import Transaction
from billing.payouts import queries
from billing.payouts import services as payouts
from billing.payouts.models import (
    Adjustment,
    AdjustmentKind,
    Invoice,
    InvoiceLine,
    InvoiceReason,
    InvoiceState,
    PayoutTerm,
)
from billing.rating.models import PeriodUsage
from billing.wallets.models import Wallet
from common.errors import Invalid
from tests.domain.pricing.test_documentation import DOCS
from tests.factories.accounts import TeamFactory, owner_of
from tests.factories.billing import usd
from tests.factories.payouts import (
    DECEMBER,
    IN_DECEMBER,
    NOVEMBER,
    OCTOBER,
    connected,
    invoiced,
    owed,
    sold,
    used,
)

pytestmark = pytest.mark.django_db
AFTER_WINDOW = IN_DECEMBER + timedelta(days=14)
RELEASED = AFTER_WINDOW + timedelta(days=60)


def current(seller: Team) -> Decimal:
    return queries.balance(seller=seller, currency="USD").current


def numbers(invoice: Invoice) -> tuple[Decimal, ...]:
    invoice.refresh_from_db()
    return invoice.opening, invoice.paid_out, invoice.earned, invoice.adjusted, invoice.closing


class TestGenerate:
    def test_lists_each_service_with_its_arithmetic(self):
        seller, service = sold()
        used(service, requests=3, paid="60", input_tokens="12")
        used(service, requests=2, paid="40")

        invoice = invoiced(seller)

        line = invoice.lines.get()
        assert (line.requests, line.customer_charge, line.payout) == (5, 100, 70)
        assert line.price_in_words == "70 % of what the customer pays."
        assert line.trace == {"type": "revenue_share", "formula": "100 x 70 / 100", "cost": "70"}
        assert line.metrics == {"input_tokens": "12"}
        assert line.service_name.startswith("Service ")
        assert numbers(invoice) == (0, 0, 70, 0, 70)
        assert invoice.number == f"{seller.name}-0001"

    def test_books_nothing_yet(self):
        seller, service = sold()
        used(service, paid="100")

        invoiced(seller)

        assert current(seller) == 0
        assert not Transaction.objects.exists()

    def test_happens_once_for_a_month(self):
        seller, service = sold()
        used(service, paid="100")
        invoiced(seller)

        assert payouts.generate(seller=seller, currency="USD", period=NOVEMBER, now=IN_DECEMBER) is None
        assert payouts.generate_due(seller=seller, currency="USD", now=IN_DECEMBER) == []
        assert Invoice.objects.count() == 1

    def test_goes_month_by_month(self):
        seller, service = sold()
        used(service, paid="50", period=OCTOBER)
        used(service, paid="100", period=NOVEMBER)

        october, november = payouts.generate_due(seller=seller, currency="USD", now=IN_DECEMBER)

        assert (october.period, november.period) == (OCTOBER, NOVEMBER)
        assert numbers(november) == (35, 0, 70, 0, 105)
        assert (october.sequence, november.sequence) == (1, 2)

    def test_waits_until_every_wallet_has_closed_the_month(self):
        seller, service = sold()
        used(service, paid="50", period=OCTOBER)
        waiting = used(service, paid="7", period=OCTOBER, is_closed=False)
        used(service, paid="100", period=NOVEMBER)

        assert payouts.generate_due(seller=seller, currency="USD", now=IN_DECEMBER) == []

        Wallet.objects.filter(pk=waiting.wallet_id).update(open_period=NOVEMBER)
        assert len(payouts.generate_due(seller=seller, currency="USD", now=IN_DECEMBER)) == 2

    def test_leaves_the_running_month_alone(self):
        seller, service = sold()
        used(service, paid="50", period=DECEMBER)

        assert payouts.generate_due(seller=seller, currency="USD", now=IN_DECEMBER) == []

    def test_corrects_an_earlier_month_by_the_difference(self):
        seller, service = sold()
        row = used(service, requests=1, paid="100", period=OCTOBER)
        invoiced(seller, period=OCTOBER)
        PeriodUsage.objects.filter(pk=row.pk).update(charged=Decimal(110), requests=2)
        used(service, paid="50", period=NOVEMBER)

        november = invoiced(seller, period=NOVEMBER)

        correction = november.lines.get(period=OCTOBER)
        assert (correction.payout, correction.requests, correction.customer_charge) == (7, 2, 110)
        assert numbers(november) == (70, 0, 42, 0, 112)
        used(service, paid="1", period=DECEMBER)
        assert invoiced(seller, period=DECEMBER, now=IN_DECEMBER + timedelta(days=31)).lines.count() == 1

    def test_carries_what_was_paid_out_since(self):
        seller, service = sold()
        connected(seller)
        owed(seller, "120")
        used(service, paid="0", period=OCTOBER)
        assert numbers(invoiced(seller, period=OCTOBER)) == (0, 0, 0, 120, 120)
        payout = payouts.request(seller=seller, currency="USD", origin="demand", by=None, now=IN_DECEMBER)
        used(service, paid="100", period=NOVEMBER)

        invoice = invoiced(seller, period=NOVEMBER)

        assert payout.amount == 120
        assert numbers(invoice) == (120, 120, 70, 0, 70)

    def test_is_not_done_for_nothing(self):
        seller, _ = sold()

        assert payouts.generate(seller=seller, currency="USD", period=NOVEMBER, now=IN_DECEMBER) is None

    def test_lists_adjustments_of_a_month_without_usage(self):
        seller = TeamFactory(seller=True)
        owed(seller, "-5", now=IN_DECEMBER)

        [invoice] = payouts.generate_due(seller=seller, currency="USD", now=IN_DECEMBER + timedelta(days=31))

        assert (invoice.period, invoice.adjusted, invoice.closing) == (DECEMBER, -5, -5)

    def test_gives_the_worked_numbers(self):
        found = re.search(r"closes with 120 - 100 \+ 85\.5 - 4\.5 = \*\*(\d+)\*\*", (DOCS / "payouts.md").read_text())
        seller, service = sold({"type": "revenue_share", "percentage": "85.5"})
        connected(seller)
        owed(seller, "120")
        used(service, period=OCTOBER)
        invoiced(seller, period=OCTOBER)
        owed(seller, "-20")
        payouts.request(seller=seller, currency="USD", origin="demand", by=None, now=IN_DECEMBER)
        owed(seller, "15.5")
        used(service, paid="100")

        invoice = invoiced(seller)

        assert numbers(invoice) == (120, 100, Decimal("85.5"), Decimal("-4.5"), Decimal(found[1]))


class TestSilence:
    def test_finalizes_after_the_window_and_books_what_was_earned(self):
        seller, service = sold()
        used(service, paid="100")
        invoice = invoiced(seller)

        payouts.advance(seller=seller, now=AFTER_WINDOW - timedelta(seconds=1))
        assert Invoice.objects.get().state == InvoiceState.GENERATED
        payouts.advance(seller=seller, now=AFTER_WINDOW)

        invoice.refresh_from_db()
        assert (invoice.state, current(seller)) == (InvoiceState.FINALIZED, 70)
        assert invoice.transaction.idempotency_key == f"earning:{invoice.pk}"

    def test_releases_the_funds_after_the_payout_window(self):
        seller, service = sold()
        used(service, paid="100")
        invoiced(seller)
        payouts.advance(seller=seller, now=AFTER_WINDOW)

        assert queries.balance(seller=seller, currency="USD").available == 0
        payouts.advance(seller=seller, now=RELEASED)

        assert Invoice.objects.get().state == InvoiceState.FUNDS_RELEASED
        assert queries.balance(seller=seller, currency="USD").available == 70

    def test_releases_a_trusted_sellers_funds_sooner(self):
        seller, service = sold()
        payouts.set_window(seller=seller, days=0)
        used(service, paid="100")
        invoiced(seller)

        payouts.advance(seller=seller, now=AFTER_WINDOW)

        assert queries.balance(seller=seller, currency="USD").available == 70

    def test_books_a_month_below_zero_the_other_way_round(self):
        seller, service = sold({"type": "constant", "price": "-6"})
        used(service)
        invoiced(seller)

        payouts.advance(seller=seller, now=AFTER_WINDOW)
        payouts.advance(seller=seller, now=RELEASED)

        assert current(seller) == -6
        assert queries.balance(seller=seller, currency="USD").available == 0

    def test_finalizes_a_month_of_nothing_without_an_entry(self):
        seller, service = sold()
        used(service, paid="0")
        invoiced(seller)

        payouts.advance(seller=seller, now=AFTER_WINDOW)

        assert (Invoice.objects.get().state, Transaction.objects.count()) == (InvoiceState.FINALIZED, 0)

    def test_is_needed(self):
        seller, service = sold()
        used(service, paid="100")

        with pytest.raises(payouts.InvoiceNotOpen):
            payouts.finalize(invoice_id=invoiced(seller).pk, now=AFTER_WINDOW - timedelta(days=1))


class TestDispute:
    @pytest.fixture
    def invoice(self):
        seller, service = sold()
        used(service, paid="100")
        return invoiced(seller)

    def contest(self, invoice, now=IN_DECEMBER):
        by = owner_of(invoice.seller)
        return payouts.contest(
            invoice_id=invoice.pk, reason=InvoiceReason.BILLING_ERROR, text="Two calls are missing", by=by, now=now
        )

    def test_stops_the_invoice_until_it_is_resolved(self, invoice):
        self.contest(invoice)

        payouts.advance(seller=invoice.seller, now=RELEASED)

        invoice.refresh_from_db()
        assert (invoice.state, current(invoice.seller)) == (InvoiceState.DISPUTED, 0)

    def test_that_is_resolved_with_an_adjustment_is_booked_with_it(self, invoice):
        self.contest(invoice)
        operator = owner_of(invoice.seller)

        payouts.resolve(invoice_id=invoice.pk, amount=usd("3.5"), text="Right", by=operator, now=IN_DECEMBER)
        payouts.advance(seller=invoice.seller, now=IN_DECEMBER)

        assert numbers(invoice) == (0, 0, 70, Decimal("3.5"), Decimal("73.5"))
        assert (invoice.state, current(invoice.seller)) == (InvoiceState.FINALIZED, Decimal("73.5"))
        assert [each.text for each in invoice.notes.all()] == ["Two calls are missing", "Right"]

    def test_that_is_resolved_without_one_leaves_the_invoice_as_it_was(self, invoice):
        self.contest(invoice)

        payouts.resolve(invoice_id=invoice.pk, amount=usd("0"), text="No", by=owner_of(invoice.seller), now=IN_DECEMBER)
        payouts.advance(seller=invoice.seller, now=IN_DECEMBER)

        assert current(invoice.seller) == 70
        assert not Adjustment.objects.exists()

    def test_is_refused_when_the_window_is_over(self, invoice):
        with pytest.raises(payouts.WindowOver):
            self.contest(invoice, now=AFTER_WINDOW)

    def test_is_refused_twice(self, invoice):
        self.contest(invoice)

        with pytest.raises(payouts.InvoiceNotOpen):
            self.contest(invoice)

    def test_needs_words(self, invoice):
        by = owner_of(invoice.seller)
        with pytest.raises(Invalid):
            payouts.contest(invoice_id=invoice.pk, reason="rate_change", text=" ", by=by, now=IN_DECEMBER)
        invoice.refresh_from_db()
        assert invoice.state == InvoiceState.GENERATED


class TestVoid:
    def test_has_the_month_invoiced_anew_with_its_adjustments(self):
        seller, service = sold()
        row = used(service, paid="100")
        owed(seller, "5")
        first = invoiced(seller)
        PeriodUsage.objects.filter(pk=row.pk).update(charged=Decimal(200))

        payouts.void(invoice_id=first.pk, reason="Priced wrong", by=None, now=IN_DECEMBER)
        [second] = payouts.generate_due(seller=seller, currency="USD", now=IN_DECEMBER)

        assert numbers(second) == (0, 0, 140, 5, 145)
        assert second.sequence == 2
        payouts.advance(seller=seller, now=AFTER_WINDOW)
        first.refresh_from_db()
        assert (first.state, current(seller)) == (InvoiceState.VOIDED, 145)

    def test_is_for_the_newest_one_alone(self):
        seller, service = sold()
        used(service, paid="50", period=OCTOBER)
        used(service, paid="100", period=NOVEMBER)
        october, _ = payouts.generate_due(seller=seller, currency="USD", now=IN_DECEMBER)

        with pytest.raises(payouts.InvoiceNotOpen):
            payouts.void(invoice_id=october.pk, reason="x", by=None, now=IN_DECEMBER)

    def test_is_refused_once_it_is_in_the_books(self):
        seller, service = sold()
        used(service, paid="100")
        invoice = invoiced(seller)
        payouts.advance(seller=seller, now=AFTER_WINDOW)

        with pytest.raises(payouts.InvoiceNotOpen):
            payouts.void(invoice_id=invoice.pk, reason="x", by=None, now=AFTER_WINDOW)


class TestShareOfARefund:
    def reverse(self, seller, service, credited="3", cause="dispute:1"):
        return payouts.reverse_share(
            seller=seller,
            service_id=service,
            period=NOVEMBER,
            credited=usd(credited),
            cause=cause,
            note="Refund",
            now=IN_DECEMBER,
        )

    def test_is_worked_out_by_the_invoice_that_comes(self):
        seller, service = sold({"type": "revenue_share", "percentage": "85.5"})
        used(service, paid="100")

        adjustment = self.reverse(seller, service)
        assert (adjustment.amount, current(seller)) == (None, 0)
        invoice = invoiced(seller)

        assert numbers(invoice) == (0, 0, Decimal("85.5"), Decimal("-2.565"), Decimal("82.935"))
        payouts.advance(seller=seller, now=AFTER_WINDOW)
        assert current(seller) == Decimal("82.935")

    def test_is_booked_at_once_when_the_invoice_is_there(self):
        seller, service = sold({"type": "constant", "price": "80"})
        used(service, paid="100")
        invoiced(seller)
        payouts.advance(seller=seller, now=AFTER_WINDOW)

        adjustment = self.reverse(seller, service)

        assert adjustment.amount == Decimal("-2.4")
        assert current(seller) == Decimal("77.6")
        used(service, paid="0", period=DECEMBER)
        december = invoiced(seller, period=DECEMBER, now=AFTER_WINDOW + timedelta(days=31))
        assert numbers(december) == (80, 0, 80, Decimal("-2.4"), Decimal("157.6"))

    def test_after_a_payout_leaves_a_balance_below_zero_that_is_carried(self):
        seller, service = sold()
        connected(seller)
        used(service, paid="100")
        invoiced(seller)
        payouts.advance(seller=seller, now=AFTER_WINDOW)
        payouts.advance(seller=seller, now=RELEASED)
        payouts.request(seller=seller, currency="USD", origin="demand", by=None, now=RELEASED)

        self.reverse(seller, service, credited="100")

        assert current(seller) == -70
        with pytest.raises(payouts.PayoutUnderWay):
            payouts.request(seller=seller, currency="USD", origin="demand", by=None, now=RELEASED)

    def test_counts_once_for_its_cause(self):
        seller, service = sold()
        used(service, paid="100")
        invoiced(seller)

        assert self.reverse(seller, service) == self.reverse(seller, service)
        assert current(seller) == Decimal("-2.1")

    def test_of_a_corrected_month_counts_the_correction(self):
        seller, service = sold({"type": "constant", "price": "80"})
        row = used(service, paid="100", requests=1, period=OCTOBER)
        invoiced(seller, period=OCTOBER)
        PeriodUsage.objects.filter(pk=row.pk).update(charged=Decimal(160))
        used(service, paid="1")
        invoiced(seller)

        found = payouts.reverse_share(
            seller=seller, service_id=service, period=OCTOBER, credited=usd("3"), cause="d", note="", now=IN_DECEMBER
        )

        # a fixed payout has not changed, so there is no line of correction; what customers paid then is what counts
        assert found.amount == Decimal("-2.4")

    def test_of_a_service_without_terms_is_nobodys(self):
        seller, _ = sold()

        assert self.reverse(seller, uuid4()) is None


class TestRefusedByTheDatabase:
    @pytest.fixture
    def invoice(self):
        seller, service = sold()
        used(service, paid="100")
        owed(seller, "5")
        return invoiced(seller)

    def attempt(self, change):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()

    def test_is_any_change_of_what_was_invoiced(self, invoice):
        own = Invoice.objects.filter(pk=invoice.pk)
        self.attempt(lambda: own.update(earned=Decimal(1)))
        self.attempt(lambda: own.update(state="funds_released"))
        self.attempt(lambda: own.update(state="resolved"))
        self.attempt(lambda: own.update(state="disputed", adjusted=Decimal(9)))
        self.attempt(own.delete)
        self.attempt(lambda: InvoiceLine.objects.update(payout=Decimal(1)))
        self.attempt(lambda: InvoiceLine.objects.all().delete())
        self.attempt(lambda: Adjustment.objects.update(amount=Decimal(1)))
        self.attempt(lambda: Adjustment.objects.update(invoice=None))
        self.attempt(lambda: Adjustment.objects.all().delete())

    def test_is_a_line_on_a_finalized_invoice(self, invoice):
        payouts.advance(seller=invoice.seller, now=AFTER_WINDOW)
        line = InvoiceLine.objects.get()
        line.pk = None
        line.period = OCTOBER

        self.attempt(lambda: line.save(force_insert=True))

    def test_is_a_way_back(self, invoice):
        payouts.advance(seller=invoice.seller, now=AFTER_WINDOW)
        for state in ("generated", "disputed", "voided"):
            self.attempt(lambda state=state: Invoice.objects.update(state=state, finalized_at=None, transaction=None))

    def test_is_another_price_for_an_invoiced_month(self, invoice):
        self.attempt(lambda: PayoutTerm.objects.update(price=None))

    def test_is_a_second_invoice_of_a_month(self, invoice):
        self.attempt(
            lambda: Invoice.objects.create(
                seller=invoice.seller,
                currency="USD",
                period=NOVEMBER,
                sequence=2,
                opening=0,
                paid_out=0,
                earned=0,
                adjusted=0,
                generated_at=IN_DECEMBER,
                disputable_until=IN_DECEMBER,
            )
        )


class TestAdjustments:
    def test_by_operators_count_at_once_and_once(self):
        seller = TeamFactory(seller=True)
        for _ in range(2):
            payouts.enter(
                seller=seller,
                amount=usd("-12.5"),
                kind=AdjustmentKind.CHARGEBACK,
                cause="operator:1",
                note="Chargeback",
                by=None,
                now=IN_DECEMBER,
            )

        assert current(seller) == Decimal("-12.5")
