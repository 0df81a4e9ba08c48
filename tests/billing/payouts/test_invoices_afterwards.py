"""What may still happen to an invoice: disputes, a void one, shares of refunds; and what the database refuses."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

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
from common.errors import Invalid
from tests.factories.accounts import TeamFactory, owner_of
from tests.factories.billing import usd
from tests.factories.payouts import (
    DECEMBER,
    IN_DECEMBER,
    NOVEMBER,
    OCTOBER,
    connected,
    current,
    invoiced,
    numbers,
    owed,
    sold,
    used,
)

pytestmark = pytest.mark.django_db
AFTER_WINDOW = IN_DECEMBER + timedelta(days=14)
RELEASED = AFTER_WINDOW + timedelta(days=60)


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
