"""Top-ups that somebody starts: by a saved card, or on the processor's page."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from billing.payments.models import TopUp, TopUpState
from billing.payments.services import applying, limits, top_ups
from billing.wallets import queries as wallets
from domain.money import Money
from tests.factories.billing import NOON, usd
from tests.factories.payments import now_in, pay, start, wallet_with_card
from tests.fakes.stripe.faults import Fault

pytestmark = pytest.mark.django_db
BACK = "http://testserver/back"
ASKS_EACH_TIME = "pm_card_authenticationRequired"
DECLINED_LATER = "pm_card_chargeCustomerFail"


def go_on(top_up: TopUp, processor) -> str:
    return top_ups.go_on(top_up=top_up, processor=processor, return_url=BACK, now=NOON)


class TestSavedCard:
    def test_is_charged_and_the_wallet_has_the_money(self, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor)

        top_up = pay(stripe_processor, wallet, "25.50", card)

        assert (top_up.state, top_up.received) == (TopUpState.SUCCEEDED, Decimal("25.50"))
        assert now_in(wallet).settled == Decimal("25.50")
        (line,) = wallets.transactions(team=wallet.team)
        assert (line.transaction.kind, line.transaction.memo) == ("top_up", "Top-up, Visa •••• 4242")
        assert stripe.balance() == 2550 - 104  # 2.9 % of 25.50 and 30 cents are Stripe's

    def test_is_charged_once_however_often_the_form_is_sent(self, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        order = top_ups.Order(usd("10"), uuid4(), card, "Visa")

        for _ in range(3):
            go_on(top_ups.begin(wallet=wallet, order=order, by=None, now=NOON), stripe_processor)

        assert now_in(wallet).settled == 10
        assert len(stripe.objects("payment_intent")) == 1

    def test_refuses_a_form_that_comes_back_with_another_amount(self, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        key = uuid4()
        top_ups.begin(wallet=wallet, order=top_ups.Order(usd("10"), key, card), by=None, now=NOON)

        with pytest.raises(top_ups.FormUsedBefore):
            top_ups.begin(wallet=wallet, order=top_ups.Order(usd("11"), key, card), by=None, now=NOON)

    def test_that_is_declined_says_what_the_processor_says(self, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor, DECLINED_LATER)

        top_up = pay(stripe_processor, wallet, "10", card)

        assert (top_up.state, top_up.failure, top_up.message) == (
            TopUpState.FAILED,
            "card_declined",
            "Your card was declined.",
        )
        assert now_in(wallet).settled == 0

    @pytest.mark.parametrize("agrees", [True, False])
    def test_whose_bank_asks_leads_to_the_bank_and_back(self, stripe, stripe_processor, agrees):
        wallet, card = wallet_with_card(stripe, stripe_processor, ASKS_EACH_TIME)
        top_up = start(wallet, "10", card)

        assert go_on(top_up, stripe_processor) == BACK
        top_up = TopUp.objects.get(pk=top_up.pk)
        assert top_up.state == TopUpState.ACTION_REQUIRED
        address = top_ups.confirmation(top_up=top_up, processor=stripe_processor, return_url=BACK)
        assert address.startswith(stripe.url)
        stripe.authenticate(top_up.payment_id, agrees=agrees)
        top_up = top_ups.refresh(top_up=top_up, processor=stripe_processor, now=NOON)
        assert top_up.state == (TopUpState.SUCCEEDED if agrees else TopUpState.FAILED)
        assert now_in(wallet).settled == (10 if agrees else 0)

    def test_that_is_gone_fails_without_a_charge(self, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        stripe_processor.detach_card(card_id=card)

        top_up = pay(stripe_processor, wallet, "10", card)

        assert (top_up.state, top_up.failure) == (TopUpState.FAILED, "refused")

    @pytest.mark.parametrize("amount", ["4.99", "5000.01", "10.001", "-5", "0"])
    def test_is_not_charged_amounts_outside_of_the_limits(self, stripe, stripe_processor, amount):
        wallet, card = wallet_with_card(stripe, stripe_processor)

        with pytest.raises(limits.TopUpAmountInvalid, match=r"from 5\.00 to 5,000\.00 USD"):
            start(wallet, amount, card)


class TestPaymentPage:
    def test_takes_the_card_and_the_wallet_has_the_money(self, stripe, stripe_processor):
        wallet, _ = wallet_with_card(stripe, stripe_processor)
        top_up = start(wallet, "20")

        address = go_on(top_up, stripe_processor)
        top_up = TopUp.objects.get(pk=top_up.pk)

        assert address == top_up.page_url
        assert stripe.complete_page(top_up.page_id) == BACK
        top_up = top_ups.refresh(top_up=top_up, processor=stripe_processor, now=NOON)
        assert top_up.state == TopUpState.SUCCEEDED
        assert now_in(wallet).settled == 20

    def test_is_the_same_for_the_same_form(self, stripe, stripe_processor):
        wallet, _ = wallet_with_card(stripe, stripe_processor)
        top_up = start(wallet, "20")

        addresses = {go_on(TopUp.objects.get(pk=top_up.pk), stripe_processor) for _ in range(2)}

        assert len(addresses) == 1
        assert len(stripe.objects("checkout.session")) == 1

    def test_lets_another_card_be_tried_after_a_decline(self, stripe, stripe_processor):
        wallet, _ = wallet_with_card(stripe, stripe_processor)
        top_up = start(wallet, "20")
        go_on(top_up, stripe_processor)
        top_up.refresh_from_db()

        stripe.complete_page(top_up.page_id, "4000000000000002")
        top_up = top_ups.refresh(top_up=top_up, processor=stripe_processor, now=NOON)
        assert (top_up.state, top_up.is_open) == (TopUpState.PENDING, True)

        stripe.complete_page(top_up.page_id)
        top_up = top_ups.refresh(top_up=top_up, processor=stripe_processor, now=NOON)
        assert top_up.state == TopUpState.SUCCEEDED

    def test_that_is_left_can_be_called_off(self, stripe, stripe_processor):
        wallet, _ = wallet_with_card(stripe, stripe_processor)
        top_up = start(wallet, "20")
        go_on(top_up, stripe_processor)
        top_up.refresh_from_db()

        assert top_ups.cancel(top_up=top_up, processor=stripe_processor, now=NOON).state == TopUpState.CANCELED


class TestSilence:
    """The processor does not answer: what was asked is found out later, and charged at most once."""

    @pytest.mark.parametrize(
        ("fault", "is_charged"),
        [(Fault.RESET_BEFORE, False), (Fault.LOST_AFTER, True), (Fault.RESET_AFTER, True), (Fault.ERROR_AFTER, True)],
    )
    def test_leaves_a_top_up_that_the_list_decides_in_the_end(self, stripe, stripe_processor, fault, is_charged):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        stripe.faults.add(fault, "POST /v1/payment_intents", times=1)
        top_up = pay(stripe_processor, wallet, "10", card)
        assert (top_up.state, top_up.payment_id) == (TopUpState.PENDING, None)

        top_up = top_ups.recover(top_up=top_up, processor=stripe_processor, now=NOON + timedelta(minutes=11))

        assert top_up.state == (TopUpState.SUCCEEDED if is_charged else TopUpState.CANCELED)
        assert now_in(wallet).settled == (10 if is_charged else 0)

    def test_is_broken_by_asking_again_under_the_same_key(self, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        stripe.faults.add(Fault.LOST_AFTER, "POST /v1/payment_intents")
        top_up = pay(stripe_processor, wallet, "10", card)

        top_up = top_ups.recover(top_up=top_up, processor=stripe_processor, now=NOON + timedelta(minutes=3))

        assert top_up.state == TopUpState.SUCCEEDED
        assert len(stripe.objects("charge")) == 1

    def test_of_a_page_that_never_opened_ends_the_top_up(self, stripe, stripe_processor):
        wallet, _ = wallet_with_card(stripe, stripe_processor)
        top_up = start(wallet, "10")

        for minutes, state in ((3, TopUpState.PENDING), (11, TopUpState.CANCELED)):
            later = NOON + timedelta(minutes=minutes)
            assert top_ups.recover(top_up=top_up, processor=stripe_processor, now=later).state == state


class TestApplying:
    def test_never_goes_back(self, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor, ASKS_EACH_TIME)
        top_up = pay(stripe_processor, wallet, "10", card)
        early = stripe_processor.payment(top_up.payment_id)
        stripe.authenticate(top_up.payment_id)
        late = stripe_processor.payment(top_up.payment_id)

        for payment in (late, early, late):
            applying.apply_payment(payment=payment, now=NOON)

        top_up.refresh_from_db()
        assert top_up.state == TopUpState.SUCCEEDED
        assert now_in(wallet).settled == 10

    def test_takes_the_wallet_from_our_row_and_nothing_from_a_stranger(self, stripe, stripe_processor):
        wallet, _ = wallet_with_card(stripe, stripe_processor)
        stranger, card = wallet_with_card(stripe, stripe_processor)
        top_up = start(wallet, "10", "pm_of_somebody")
        customer = stranger.team.processor_customers.get().processor_id

        paid = stripe_processor.charge(
            key="own", customer_id=customer, card_id=card, amount=usd("10"), reference=str(top_up.pk), off_session=False
        )

        assert applying.apply_payment(payment=paid, now=NOON) is None
        assert now_in(wallet).settled == now_in(stranger).settled == 0

    def test_ignores_payments_that_are_no_top_ups(self, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        customer = wallet.team.processor_customers.get().processor_id
        for reference in ("", "an order", str(uuid4())):
            paid = stripe_processor.charge(
                key=f"key {reference}",
                customer_id=customer,
                card_id=card,
                amount=Money(Decimal(10), "USD"),
                reference=reference,
                off_session=False,
            )
            assert applying.apply_payment(payment=paid, now=NOON) is None


class TestTheDatabase:
    @pytest.mark.parametrize(
        "change",
        [
            {"state": "processing"},
            {"amount": Decimal(11)},
            {"received": Decimal(11)},
            {"payment_id": "pi_other"},
            {"transaction": None},
            {"kind": "automatic"},
        ],
    )
    def test_keeps_a_paid_top_up_as_it_is(self, stripe, stripe_processor, change):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        top_up = pay(stripe_processor, wallet, "10", card)

        with pytest.raises(DatabaseError), transaction.atomic():
            TopUp.objects.filter(pk=top_up.pk).update(**change)

    def test_refuses_to_delete_one_or_to_call_one_paid_that_is_not_booked(self, stripe, stripe_processor):
        wallet, _ = wallet_with_card(stripe, stripe_processor)
        top_up = start(wallet)

        with pytest.raises(DatabaseError), transaction.atomic():
            TopUp.objects.filter(pk=top_up.pk).delete()
        with pytest.raises(DatabaseError), transaction.atomic():
            TopUp.objects.filter(pk=top_up.pk).update(state=TopUpState.SUCCEEDED)
