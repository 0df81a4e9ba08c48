"""The verifier finds what it is for: every kind of damage to what sellers are owed, done on purpose."""

from __future__ import annotations

import pytest
from django.db import connection

from billing.payouts import services as payouts
from billing.payouts.verification import RULES
from billing.rating import verification
from tests.billing.payouts.test_invoicing import AFTER_WINDOW
from tests.factories.payouts import IN_DECEMBER, NOVEMBER, OCTOBER, connected, invoiced, owed, sold, used

pytestmark = [pytest.mark.django_db, pytest.mark.breaks_the_books]


@pytest.fixture
def _books():
    """A seller with two finalized invoices, an adjustment and a payout."""
    seller, service = sold()
    connected(seller)
    used(service, paid="100", period=OCTOBER)
    invoiced(seller, period=OCTOBER)
    owed(seller, "40")
    used(service, paid="50", period=NOVEMBER)
    invoiced(seller)
    payouts.advance(seller=seller, now=AFTER_WINDOW)
    payouts.request(seller=seller, currency="USD", origin="demand", by=None, now=IN_DECEMBER)


def broken() -> set[str]:
    return {each.rule for each in verification.verify() if each.rule in RULES}


@pytest.mark.usefixtures("_books")
class TestVerify:
    def test_finds_nothing_in_sound_books(self):
        assert broken() == set()

    @pytest.mark.parametrize(
        ("statement", "rule"),
        [
            (
                "UPDATE ledger_entry SET amount = 71 WHERE amount = 70",
                "a finalized invoice has exactly its transaction",
            ),
            ("UPDATE payouts_payout SET state = 'failed'", "what a seller is owed = earnings + adjustments - payouts"),
            ("UPDATE payouts_payout SET amount = 39", "a payout = what its transactions moved"),
            ("UPDATE payouts_adjustment SET amount = 41", "an adjustment = what its transaction moved"),
            (
                "UPDATE payouts_adjustment SET transaction_id = NULL",
                "the adjustments of a finalized invoice are booked",
            ),
            (
                "UPDATE payouts_adjustment SET transaction_id = NULL",
                "earnings, their adjustments and payouts are in the books for a reason",
            ),
            ("UPDATE payouts_invoiceline SET payout = 69 WHERE payout = 70", "an invoice earned = sum of its lines"),
            ("UPDATE payouts_adjustment SET invoice_id = NULL", "an invoice adjusted = sum of its adjustments"),
            (
                "UPDATE payouts_invoice SET opening = 1 WHERE sequence = 1",
                "an invoice opens with what the one before closed",
            ),
            (
                "UPDATE payouts_invoice SET sequence = 3 WHERE sequence = 2",
                "the invoices of a seller are numbered without gaps",
            ),
        ],
    )
    def test_finds(self, statement, rule):
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET LOCAL session_replication_role = replica")
            if "failed" in statement:
                cursor.execute("ALTER TABLE payouts_payout DROP CONSTRAINT payout_is_in_the_books_as_its_state_says")
            cursor.execute(statement)
            cursor.execute("SET LOCAL session_replication_role = origin")

        assert rule in broken()
