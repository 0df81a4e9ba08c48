"""Money back to the card: how much, from which payments, and what happens when it does not arrive."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core import mail
from django.db import DatabaseError, transaction
from django.utils import timezone

from billing.payments import queries
from billing.payments.models import Refund, RefundState
from billing.payments.processor import ProcessorError
from billing.payments.services import reconciling, refunds
from billing.payments.services.top_ups import FormUsedBefore
from billing.wallets import services as wallets
from tests.factories.billing import NOON, Process, usd
from tests.factories.payments import now_in, pay, spend, wallet_with_card
from tests.fakes.stripe.faults import Fault

pytestmark = pytest.mark.django_db


def grant(wallet, amount: str) -> None:
    wallets.credit(wallet=wallet, amount=usd(amount), kind="grant", key=str(uuid4()), note="", by=None, now=NOON)


def ask(wallet, amount: str, key=None) -> list[Refund]:
    return refunds.request(wallet=wallet, amount=usd(amount), request_key=key or uuid4(), by=None, now=NOON)


def send(refund: Refund, processor) -> Refund:
    return refunds.send(refund=Refund.objects.get(pk=refund.pk), processor=processor, now=NOON)


@pytest.fixture
def paid(stripe, stripe_processor):
    """Return a function: a wallet into which these amounts were paid, one a day, with a card."""

    def make(*amounts: str, card: str = "pm_card_visa"):
        wallet, saved = wallet_with_card(stripe, stripe_processor, card)
        for day, amount in enumerate(amounts):
            pay(stripe_processor, wallet, amount, saved, now=NOON + timedelta(days=day))
        return wallet

    return make


class TestRefundable:
    def test_is_what_was_paid_by_card_and_is_not_spent(self, paid):
        wallet = paid("25", "10")
        spend(wallet, "5")

        assert queries.refundable(wallet=now_in(wallet)).total == 30

    def test_is_nothing_of_what_was_granted_or_paid_elsewhere(self, paid):
        wallet = paid("25")
        grant(wallet, "10")
        wallets.credit(wallet=wallet, amount=usd("40"), kind="payment", key="bank", note="", by=None, now=NOON)

        assert queries.refundable(now_in(wallet)).total == 25

    def test_takes_granted_credit_as_spent_first(self, paid):
        wallet = paid("25")
        grant(wallet, "10")
        spend(wallet, "15")

        # the 10 granted went first, then 5 of what was paid
        assert queries.refundable(now_in(wallet)).total == 20

    def test_is_nothing_of_credit_that_came_after_the_money_was_spent(self, paid):
        wallet = paid("25")
        spend(wallet, "25")
        grant(wallet, "10")

        assert queries.refundable(now_in(wallet)).total == 0

    def test_is_not_less_for_credit_that_was_spent_long_ago(self, paid, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        grant(wallet, "10")
        spend(wallet, "10")
        pay(stripe_processor, wallet, "25", card)

        assert queries.refundable(now_in(wallet)).total == 25

    def test_is_nothing_of_what_is_set_aside_for_calls(self, paid):
        wallet = paid("25")
        Process().draw(wallet, "4")

        assert queries.refundable(now_in(wallet)).total == 21


class TestRequest:
    def test_takes_the_newest_payment_first(self, paid, stripe, stripe_processor):
        wallet = paid("25", "10")

        made = ask(wallet, "12")

        assert [(each.top_up.amount, each.amount) for each in made] == [(10, 10), (25, 2)]
        assert now_in(wallet).settled == 23
        assert [send(each, stripe_processor).state for each in made] == [RefundState.SUCCEEDED] * 2
        assert [refund["amount"] for refund in stripe.objects("refund")] == [1000, 200]

    def test_counts_once_for_a_form_that_is_sent_twice(self, paid):
        wallet, key = paid("25"), uuid4()

        assert ask(wallet, "12", key) == ask(wallet, "12", key)
        assert now_in(wallet).settled == 13
        with pytest.raises(FormUsedBefore):
            ask(wallet, "1", key)

    @pytest.mark.parametrize("amount", ["25.01", "0", "-1", "1.001"])
    def test_refuses_more_than_there_is_and_what_is_no_amount(self, paid, amount):
        with pytest.raises(refunds.NotRefundable, match=r"At most 25\.00 USD"):
            ask(paid("25"), amount)

    def test_leaves_nothing_to_ask_for_again(self, paid):
        wallet = paid("25")
        ask(wallet, "25")
        grant(wallet, "25")

        with pytest.raises(refunds.NotRefundable):
            ask(wallet, "0.01")

    def test_is_held_back_by_the_database_too(self, paid):
        wallet = paid("25")
        (made,) = ask(wallet, "25")

        with pytest.raises(DatabaseError, match="more than what is left"), transaction.atomic():
            Refund.objects.create(
                top_up=made.top_up, amount=Decimal("0.01"), transaction=made.transaction, started_at=NOON
            )


class TestSend:
    def test_pays_once_whatever_the_network_does(self, paid, stripe, stripe_processor):
        (made,) = ask(paid("25"), "5")
        stripe.faults.add(Fault.ERROR_AFTER, "POST /v1/refunds")
        with pytest.raises(ProcessorError):
            send(made, stripe_processor)

        assert send(made, stripe_processor).state == RefundState.SUCCEEDED
        assert len(stripe.objects("refund")) == 1

    def test_puts_the_money_back_when_the_bank_sends_it_back(
        self, paid, stripe, stripe_processor, django_capture_on_commit_callbacks
    ):
        wallet = paid("25", card="pm_card_refundFail")
        (made,) = ask(wallet, "5")
        assert send(made, stripe_processor).state == RefundState.SUCCEEDED
        assert now_in(wallet).settled == 20
        stripe.settle_refund(Refund.objects.get().refund_id)

        with django_capture_on_commit_callbacks(execute=True):
            reconciling.reconcile(processor=stripe_processor, now=NOON)

        assert Refund.objects.get().state == RefundState.FAILED
        assert now_in(wallet).settled == 25
        assert [m.subject for m in mail.outbox] == ["Your refund of 5.00 USD did not arrive"]

    def test_puts_the_money_back_without_a_webhook_when_the_bank_takes_a_month(self, paid, stripe, stripe_processor):
        wallet = paid("25", card="pm_card_refundFail")
        (made,) = ask(wallet, "5")
        send(made, stripe_processor)
        stripe.settle_refund(Refund.objects.get().refund_id)

        reconciling.reconcile(processor=stripe_processor, now=timezone.now() + timedelta(days=30))

        assert Refund.objects.get().state == RefundState.FAILED
        assert now_in(wallet).settled == 25

    def test_puts_the_money_back_when_the_processor_refuses(self, paid, stripe, stripe_processor):
        wallet = paid("25")
        (made,) = ask(wallet, "25")
        stripe_processor.refund(
            key="elsewhere", payment_id=made.top_up.payment_id, amount=usd("25"), reference="in the dashboard"
        )

        assert send(made, stripe_processor).state == RefundState.FAILED
        assert now_in(wallet).settled == 25


class TestElsewhere:
    """Refunds that somebody made in the processor's own pages."""

    def test_are_taken_out_of_the_wallet_even_when_the_money_is_spent(self, paid, stripe, stripe_processor):
        wallet = paid("25")
        spend(wallet, "20")
        stripe_processor.refund(key="x", payment_id=wallet.top_ups.get().payment_id, amount=usd("15"), reference="")

        for _ in range(2):
            reconciling.reconcile(processor=stripe_processor, now=NOON)

        assert (now_in(wallet).available, now_in(wallet).overdrawn) == (-10, 10)
        assert Refund.objects.get().is_external
