"""Our account of the money with the processor, held against the processor's own books."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.utils import timezone

from billing.payments.services import agreement, reconciling, refunds
from tests.factories.billing import usd
from tests.factories.payments import pay, wallet_with_card

pytestmark = pytest.mark.django_db


def disagreements(processor, *, later: timedelta = timedelta(hours=3)) -> list[str]:
    now = timezone.now() + later
    found = agreement.disagreements(processor=processor, since=now - timedelta(days=7), now=now)
    return [f"{each.processor_says:.2f} {each.books_say:.2f}" for each in found]


@pytest.fixture
def busy(stripe, stripe_processor):
    """A wallet with payments, a refund, a refund that failed, a chargeback lost and one won, all of it known to us."""
    now = timezone.now()
    wallet, card = wallet_with_card(stripe, stripe_processor)
    _, failing = wallet_with_card(stripe, stripe_processor, "pm_card_refundFail", team=wallet.team)
    for saved, amount in ((card, "25"), (card, "30"), (card, "35"), (failing, "40")):
        pay(stripe_processor, wallet, amount, saved, now=now)
    for amount in ("5", "7"):
        for refund in refunds.request(wallet=wallet, amount=usd(amount), request_key=uuid4(), by=None, now=now):
            refunds.send(refund=refund, processor=stripe_processor, now=now)
    stripe.settle_refund(stripe.objects("refund")[0]["id"])
    for top_up, won in zip(wallet.top_ups.filter(card_id=card)[:2], (True, False), strict=True):
        stripe.decide_dispute(stripe.dispute(top_up.payment_id), won=won)
    reconciling.reconcile(processor=stripe_processor, now=now)
    return wallet


class TestAgreement:
    def test_holds_after_everything_that_can_happen(self, busy, stripe_processor):
        assert disagreements(stripe_processor) == []

    def test_is_missed_when_a_payment_is_not_known_to_us(self, busy, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        stripe_processor.charge(
            key="elsewhere",
            customer_id=wallet.team.processor_customers.get().processor_id,
            card_id=card,
            amount=usd("12"),
            reference="",
            off_session=False,
        )

        assert disagreements(stripe_processor) == ["12.00 0.00"]
        # it may be on its way to us
        assert disagreements(stripe_processor, later=timedelta(minutes=5)) == []

    def test_is_missed_when_the_processor_does_not_know_of_a_payment(self, busy, stripe, stripe_processor):
        stripe.reset()

        assert Decimal("25.00") in {Decimal(each.split()[1]) for each in disagreements(stripe_processor)}

    def test_is_printed(self, busy, stripe, stripe_processor):
        out = StringIO()
        call_command("verify_card_clearing", stdout=out)
        assert "The books agree." in out.getvalue()
