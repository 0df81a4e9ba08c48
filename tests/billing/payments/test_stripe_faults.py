"""What becomes of a call when the network or Stripe fails: nothing is charged twice, nothing is taken for refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest

from billing.payments.processor import Payment, PaymentState, ProcessorError, RequestRefused
from billing.payments.stripe_processor import StripeProcessor
from tests.billing.payments.processors import on_fake, usd
from tests.fakes.stripe.fake import FakeStripe
from tests.fakes.stripe.faults import Fault

CHARGES = "POST /v1/payment_intents"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def impatient(stripe: FakeStripe) -> StripeProcessor:
    """A processor that waits for a third of a second."""
    return on_fake(stripe, timeout_seconds=0.3)


@pytest.fixture
def card(stripe: FakeStripe, impatient: StripeProcessor) -> tuple[str, str]:
    """A customer and their card."""
    customer_id = impatient.create_customer(key="customer", name="A", email="a@example.com", reference="r")
    return customer_id, stripe.add_card(customer_id)


def charge(
    processor: StripeProcessor, card: tuple[str, str], *, key: str = "top-up-1", amount: str = "25.00"
) -> Payment:
    """Charge the card, as often as asked under one key."""
    return processor.charge(
        key=key, customer_id=card[0], card_id=card[1], amount=usd(amount), reference="top-up-1", off_session=True
    )


class TestACallThatGetsNoAnswer:
    @pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.HELD])
    def test_may_be_repeated(self, stripe, impatient, card, fault):
        stripe.faults.add(fault, CHARGES)

        with pytest.raises(ProcessorError) as failed:
            charge(impatient, card)

        assert not isinstance(failed.value, RequestRefused)

    @pytest.mark.parametrize("fault", [Fault.SILENT_BEFORE, Fault.RESET_BEFORE, Fault.ERROR_BEFORE, Fault.RATE_LIMITED])
    def test_has_done_nothing_when_it_did_not_arrive(self, stripe, impatient, card, fault):
        stripe.faults.add(fault, CHARGES)
        with pytest.raises(ProcessorError):
            charge(impatient, card)

        assert stripe.objects("payment_intent") == []
        assert charge(impatient, card).state is PaymentState.SUCCEEDED

    @pytest.mark.parametrize("fault", [Fault.SILENT_AFTER, Fault.RESET_AFTER, Fault.LOST_AFTER])
    def test_has_charged_once_however_often_it_is_repeated(self, stripe, impatient, card, fault):
        stripe.faults.add(fault, CHARGES, times=2)
        for _ in range(2):
            with pytest.raises(ProcessorError):
                charge(impatient, card)

        payment = charge(impatient, card)

        assert payment.state is PaymentState.SUCCEEDED
        assert [made["id"] for made in stripe.objects("payment_intent")] == [payment.id]

    def test_that_was_answered_with_an_error_for_good_is_found_in_the_list(self, stripe, impatient, card):
        stripe.faults.add(Fault.ERROR_AFTER, CHARGES)
        for _ in range(2):
            with pytest.raises(ProcessorError):
                charge(impatient, card)

        (payment,) = impatient.payments(since=LONG_AGO)
        assert (payment.state, payment.reference) == (PaymentState.SUCCEEDED, "top-up-1")

    def test_is_repeated_by_the_library_under_the_same_key(self, stripe, card):
        stripe.faults.add(Fault.RESET_AFTER, CHARGES)

        payment = charge(on_fake(stripe, retries=1), card)

        assert payment.state is PaymentState.SUCCEEDED
        assert len(stripe.objects("payment_intent")) == 1
        assert len(stripe.calls(CHARGES)) == 2

    def test_while_the_same_is_under_way_may_be_repeated_later(self, stripe, card):
        patient = on_fake(stripe, timeout_seconds=20)
        held = stripe.faults.add(Fault.HELD, CHARGES)
        first = Thread(target=charge, args=(patient, card))
        first.start()
        assert held.met.wait(10)

        with pytest.raises(ProcessorError) as failed:
            charge(patient, card)
        held.go.set()
        first.join(10)

        assert not isinstance(failed.value, RequestRefused)
        assert charge(patient, card).id == stripe.objects("payment_intent")[0]["id"]

    def test_goes_nowhere_when_nobody_listens(self):
        nobody = StripeProcessor(
            secret_key="sk_test_1", webhook_secrets=[], api_base="http://127.0.0.1:9", retries=0, timeout_seconds=1
        )

        with pytest.raises(ProcessorError) as failed:
            nobody.payment("pi_1")

        assert not isinstance(failed.value, RequestRefused)


class TestAKey:
    def test_with_other_parameters_is_refused_and_charges_nothing_more(self, stripe, impatient, card):
        charge(impatient, card)

        with pytest.raises(RequestRefused):
            charge(impatient, card, amount="26.00")

        assert len(stripe.objects("payment_intent")) == 1

    def test_gives_a_definite_refusal_again(self, stripe, impatient, card):
        account = impatient.create_payout_account(key="a", email="s@example.com", country="US", reference="s")
        stripe.complete_account(account.id)
        asked = {"account_id": account.id, "amount": usd("5.00"), "reference": "payout"}
        codes = []
        for key in ("payout-1", "payout-1", "payout-1b"):
            with pytest.raises(RequestRefused) as refused:
                impatient.transfer(key=key, **asked)
            codes.append(refused.value.code)
            stripe.fund(100)  # too little

        assert codes == ["balance_insufficient"] * 3
        stripe.fund(10_000)
        with pytest.raises(RequestRefused):
            impatient.transfer(key="payout-1", **asked)
        assert impatient.transfer(key="payout-2", **asked).amount == usd("5.00")

    def test_that_was_refused_for_its_form_stays_free(self, stripe, impatient, card):
        with pytest.raises(RequestRefused):
            charge(impatient, card, amount="0.01")

        assert charge(impatient, card).state is PaymentState.SUCCEEDED

    def test_is_forgotten_by_stripe_after_a_day(self, stripe, impatient, card):
        first = charge(impatient, card)
        stripe.clock.advance(timedelta(hours=23))
        assert charge(impatient, card) == first

        stripe.clock.advance(timedelta(hours=2))

        assert charge(impatient, card).id != first.id
