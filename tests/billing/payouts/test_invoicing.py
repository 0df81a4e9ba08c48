"""Seller invoices: when they are written, what they list, and their way from generated to funds released."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest

from billing.ledger.models import Transaction
from billing.payouts import queries
from billing.payouts import services as payouts
from billing.payouts.models import (
    Invoice,
    InvoiceState,
)
from billing.rating.models import PeriodUsage
from billing.wallets.models import Wallet
from tests.domain.pricing.test_documentation import DOCS
from tests.factories.accounts import TeamFactory
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
