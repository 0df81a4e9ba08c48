"""Whole stories through the processor that only the fake can tell: people on pages, banks, sellers, the books."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from billing.payments.processor import PaymentState, RequestRefused
from domain.money import Money
from tests.billing.payments.processors import PAGES, usd
from tests.fakes.stripe.resources import payment_intents

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
BACK = "https://market.example/back"


@pytest.fixture
def customer_id(stripe_processor):
    return stripe_processor.create_customer(key="customer", name="A", email="a@example.com", reference="team")


def charge(processor, customer_id, card_id, *, key="k", amount="25.00"):
    return processor.charge(
        key=key, customer_id=customer_id, card_id=card_id, amount=usd(amount), reference="r", off_session=True
    )


class TestAPageForACard:
    def test_saves_it_for_later_charges_without_its_owner(self, stripe, stripe_processor, customer_id):
        page = stripe_processor.open_card_page(key="p", customer_id=customer_id, reference="r", **PAGES)

        went = stripe.complete_page(page.id, "4000002500003155")

        setup = stripe_processor.hosted_page(page.id)
        assert went == f"https://market.example/done?page={page.id}"
        assert (setup.state, setup.reference, setup.payment_id) == ("complete", "r", "")
        assert [card.id for card in stripe_processor.cards(customer_id=customer_id)] == [setup.card_id]
        assert charge(stripe_processor, customer_id, setup.card_id).state is PaymentState.SUCCEEDED

    def test_stays_open_when_the_bank_declines(self, stripe, stripe_processor, customer_id):
        page = stripe_processor.open_card_page(key="p", customer_id=customer_id, reference="r", **PAGES)

        assert stripe.complete_page(page.id, "4000000000000002") == ""
        assert stripe_processor.hosted_page(page.id).state == "open"
        assert stripe_processor.cards(customer_id=customer_id) == []

    def test_expires_after_a_day(self, stripe, stripe_processor, customer_id):
        page = stripe_processor.open_card_page(key="p", customer_id=customer_id, reference="r", **PAGES)

        stripe.clock.advance(timedelta(hours=25))

        assert stripe_processor.hosted_page(page.id).state == "expired"
        assert [event["type"] for event in stripe.events("checkout.session.expired")] == ["checkout.session.expired"]


class TestAPageForAPayment:
    @pytest.fixture
    def page(self, stripe_processor, customer_id):
        return stripe_processor.open_payment_page(
            key="p", customer_id=customer_id, amount=usd("25.00"), reference="top-up", **PAGES
        )

    @pytest.mark.parametrize("card", ["4242424242424242", "4000002760003184"])
    def test_takes_it_and_saves_the_card(self, stripe, stripe_processor, customer_id, page, card):
        stripe.complete_page(page.id, card)

        setup = stripe_processor.hosted_page(page.id)
        payment = stripe_processor.payment(setup.payment_id)
        assert setup.state == "complete"
        assert (payment.state, payment.received, payment.reference) == (PaymentState.SUCCEEDED, usd("25.00"), "top-up")
        assert payment.card_id == setup.card_id
        assert [saved.id for saved in stripe_processor.cards(customer_id=customer_id)] == [setup.card_id]

    def test_is_one_payment_however_many_cards_are_tried(self, stripe, stripe_processor, page):
        stripe.complete_page(page.id, "4000000000009995")
        stripe.complete_page(page.id, "4000002760003184", agrees=False)
        failed = stripe_processor.hosted_page(page.id)
        assert failed.state == "open"
        assert stripe_processor.payment(failed.payment_id).state is PaymentState.FAILED

        stripe.complete_page(page.id, "4242424242424242")

        assert stripe_processor.payment(failed.payment_id).state is PaymentState.SUCCEEDED
        assert [payment.id for payment in stripe_processor.payments(since=LONG_AGO)] == [failed.payment_id]

    def test_charges_nothing_when_its_owner_cancels(self, stripe, stripe_processor, page):
        answer = stripe.use_page(page.url, act="cancel")

        assert answer.headers["Location"] == PAGES["cancel_url"]
        assert stripe_processor.hosted_page(page.id).state == "open"
        assert list(stripe_processor.payments(since=LONG_AGO)) == []


class TestAPaymentThatWantsItsOwner:
    @pytest.fixture
    def payment(self, stripe, stripe_processor, customer_id):
        card_id = stripe.add_card(customer_id, "pm_card_authenticationRequired")
        return charge(stripe_processor, customer_id, card_id)

    def test_succeeds_once_they_agreed(self, stripe, stripe_processor, payment):
        page = stripe_processor.authentication_page(payment_id=payment.id, return_url=BACK)
        went = stripe.use_page(page, act="yes").headers["Location"]

        assert went.startswith(f"{BACK}?payment_intent={payment.id}&")
        assert stripe_processor.payment(payment.id).state is PaymentState.SUCCEEDED

    def test_fails_when_they_refuse(self, stripe, stripe_processor, payment):
        page = stripe_processor.authentication_page(payment_id=payment.id, return_url=BACK)
        stripe.use_page(page, act="no")

        now = stripe_processor.payment(payment.id)
        assert (now.state, now.failure) == (PaymentState.FAILED, "payment_intent_authentication_failure")

    def test_fails_when_the_bank_declines_after_all(self, stripe, stripe_processor, customer_id):
        card_id = stripe.add_card(customer_id, "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds")
        payment = charge(stripe_processor, customer_id, card_id)
        page = stripe_processor.authentication_page(payment_id=payment.id, return_url=BACK)
        stripe.use_page(page, act="yes")

        now = stripe_processor.payment(payment.id)
        assert (now.state, now.failure) == (PaymentState.FAILED, "card_declined")
        assert now.message == "Your card has insufficient funds."

    def test_needs_no_page_when_the_bank_is_content_by_then(self, stripe, stripe_processor, payment):
        stripe.world.tables.hidden(payment.card_id)["number"] = "4242424242424242"

        assert stripe_processor.authentication_page(payment_id=payment.id, return_url=BACK) == BACK
        assert stripe_processor.payment(payment.id).state is PaymentState.SUCCEEDED

    def test_gets_a_page_of_its_own_for_another_way_back(self, stripe, stripe_processor, payment):
        for back in (BACK, f"{BACK}?again=1"):
            page = stripe_processor.authentication_page(payment_id=payment.id, return_url=back)

        assert stripe.use_page(page, act="yes").headers["Location"].startswith(f"{BACK}?again=1&payment_intent=")


class TestARefund:
    def paid(self, stripe, processor, customer_id, token):
        payment = charge(processor, customer_id, stripe.add_card(customer_id, token))
        return processor.refund(key="r", payment_id=payment.id, amount=usd("5.00"), reference="refund")

    def test_may_fail_after_it_had_succeeded(self, stripe, stripe_processor, customer_id):
        refund = self.paid(stripe, stripe_processor, customer_id, "pm_card_refundFail")
        before = stripe.balance()

        stripe.settle_refund(refund.id)

        assert refund.state == "succeeded"
        assert stripe_processor.refund_by_id(refund.id).state == "failed"
        assert stripe.balance() - before == 500

    def test_may_be_pending_first(self, stripe, stripe_processor, customer_id):
        refund = self.paid(stripe, stripe_processor, customer_id, "pm_card_pendingRefund")

        stripe.settle_refund(refund.id)

        assert (refund.state, stripe_processor.refund_by_id(refund.id).state) == ("pending", "succeeded")


class TestAChargeback:
    def opened(self, stripe, processor, customer_id, token="pm_card_createDispute"):
        payment = charge(processor, customer_id, stripe.add_card(customer_id, token))
        (dispute,) = processor.disputes(since=LONG_AGO)
        assert dispute.payment_id == payment.id
        return dispute

    @pytest.mark.parametrize(("won", "state", "back"), [(True, "won", 2500), (False, "lost", 0)])
    def test_ends_won_or_lost(self, stripe, stripe_processor, customer_id, won, state, back):
        dispute = self.opened(stripe, stripe_processor, customer_id)
        before = stripe.balance()

        stripe.decide_dispute(dispute.id, won=won)

        assert (dispute.state, dispute.amount, dispute.reason) == ("open", usd("25.00"), "fraudulent")
        assert stripe_processor.dispute(dispute.id).state == state
        assert stripe.balance() - before == back

    def test_stops_refunds(self, stripe, stripe_processor, customer_id):
        dispute = self.opened(stripe, stripe_processor, customer_id)

        with pytest.raises(RequestRefused) as refused:
            stripe_processor.refund(key="r", payment_id=dispute.payment_id, amount=usd("5.00"), reference="r")

        assert refused.value.code == "charge_disputed"

    def test_may_begin_with_a_question_that_takes_nothing(self, stripe, stripe_processor, customer_id):
        dispute = self.opened(stripe, stripe_processor, customer_id, "pm_card_createDisputeInquiry")
        before = stripe.balance()
        assert (dispute.state, dispute.is_inquiry) == ("open", True)

        stripe.escalate_dispute(dispute.id)

        now = stripe_processor.dispute(dispute.id)
        assert (now.state, now.is_inquiry) == ("open", False)
        assert stripe.balance() - before == -2500 - 1500

    def test_that_stays_a_question_is_won(self, stripe, stripe_processor, customer_id):
        dispute = self.opened(stripe, stripe_processor, customer_id, "pm_card_createDisputeInquiry")

        stripe.decide_dispute(dispute.id, won=False)

        assert stripe_processor.dispute(dispute.id).state == "won"


class TestPayouts:
    @pytest.fixture
    def account(self, stripe, stripe_processor):
        account = stripe_processor.create_payout_account(
            key="a", email="s@example.com", country="DE", reference="seller"
        )
        page = stripe_processor.open_payout_account_page(
            account_id=account.id, return_url=BACK, refresh_url=PAGES["cancel_url"]
        )
        assert stripe.use_page(page, act="submit").headers["Location"] == BACK
        assert stripe.use_page(page, act="submit").headers["Location"] == PAGES["cancel_url"], "it works once"
        return stripe_processor.payout_account(account.id)

    def test_reach_an_account_that_gave_what_was_asked(self, stripe, stripe_processor, account):
        stripe.fund(5000)
        assert (account.can_be_paid, account.requirements) == (True, ())

        transfer = stripe_processor.transfer(key="t", account_id=account.id, amount=usd("50.00"), reference="payout")

        assert (transfer.amount, transfer.reversed, transfer.account_id) == (usd("50.00"), usd("0.00"), account.id)
        assert stripe_processor.transfer_by_id(transfer.id) == transfer
        assert stripe.balance() == 0

    def test_come_back_in_parts_but_no_more_than_was_sent(self, stripe, stripe_processor, account):
        stripe.fund(5000)
        sent = stripe_processor.transfer(key="t", account_id=account.id, amount=usd("50.00"), reference="payout")

        for key in ("r1", "r1", "r2"):
            back = stripe_processor.reverse_transfer(key=key, transfer_id=sent.id, amount=usd("20.00"))

        assert back.reversed == usd("40.00")
        with pytest.raises(RequestRefused):
            stripe_processor.reverse_transfer(key="r3", transfer_id=sent.id, amount=usd("10.01"))

    def test_do_not_come_back_from_the_sellers_bank(self, stripe, stripe_processor, account):
        stripe.fund(5000)
        sent = stripe_processor.transfer(key="t", account_id=account.id, amount=usd("50.00"), reference="payout")
        stripe.pay_out_account(account.id)

        with pytest.raises(RequestRefused) as refused:
            stripe_processor.reverse_transfer(key="r", transfer_id=sent.id, amount=usd("1.00"))

        assert refused.value.code == "balance_insufficient"

    def test_stop_when_stripe_asks_for_more(self, stripe, stripe_processor, account):
        stripe.fund(5000)
        stripe.restrict_account(account.id, "individual.verification.document")

        now = stripe_processor.payout_account(account.id)

        assert (now.can_be_paid, now.requirements) == (False, ("individual.verification.document",))
        with pytest.raises(RequestRefused):
            stripe_processor.transfer(key="t", account_id=account.id, amount=usd("50.00"), reference="payout")

    def test_wait_for_the_money_of_charges(self, stripe, stripe_processor, account, customer_id):
        stripe.world.settles_after_seconds = 2 * 86_400
        charge(stripe_processor, customer_id, stripe.add_card(customer_id), amount="100.00")
        asked = {"account_id": account.id, "amount": usd("50.00"), "reference": "payout"}
        with pytest.raises(RequestRefused) as refused:
            stripe_processor.transfer(key="t1", **asked)

        stripe.clock.advance(timedelta(days=2))

        assert refused.value.code == "balance_insufficient"
        assert stripe_processor.transfer(key="t2", **asked).amount == usd("50.00")


class TestLists:
    def test_have_every_page(self, stripe, stripe_processor):
        for _ in range(205):
            payment_intents.make(stripe.world, amount=100, currency="usd", customer=None, metadata={})

        found = [payment.id for payment in stripe_processor.payments(since=LONG_AGO)]

        assert sorted(found) == sorted(row["id"] for row in stripe.objects("payment_intent"))
        assert len(stripe.calls("GET /v1/payment_intents")) == 3

    def test_begin_with_the_second_of_the_given_moment(self, stripe, stripe_processor):
        noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
        for seconds in (-1, 0, 1):
            stripe.clock.stop_at(noon + timedelta(seconds=seconds))
            payment_intents.make(stripe.world, amount=100, currency="usd", customer=None, metadata={})

        found = [payment.created_at for payment in stripe_processor.payments(since=noon + timedelta(milliseconds=900))]

        assert found == [noon + timedelta(seconds=1), noon]

    def test_of_the_books_end_before_the_second_of_until(self, stripe, stripe_processor):
        noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
        for seconds in (0, 10, 20):
            stripe.clock.stop_at(noon + timedelta(seconds=seconds))
            stripe.fund(seconds + 1)

        lines = stripe_processor.balance_changes(since=noon, until=noon + timedelta(seconds=20))

        assert [(line.type, line.source_id, line.amount) for line in lines] == [
            ("topup", "", usd("0.11")),
            ("topup", "", usd("0.01")),
        ]


class TestTheBooks:
    def test_add_up_to_what_stripe_holds(self, stripe, stripe_processor, customer_id):
        good = charge(stripe_processor, customer_id, stripe.add_card(customer_id), key="1", amount="100.00")
        charge(stripe_processor, customer_id, stripe.add_card(customer_id, "pm_card_chargeCustomerFail"), key="2")
        stripe_processor.refund(key="3", payment_id=good.id, amount=usd("10.00"), reference="r")
        stripe.decide_dispute(stripe.dispute(good.id), won=False)

        lines = list(stripe_processor.balance_changes(since=LONG_AGO, until=datetime.now(UTC) + timedelta(days=1)))

        # 100 less 10 refunded less the 90 left, charged back; fees: 2.9 % of 100 and 0.30, and 15 for the chargeback
        assert sum((line.amount for line in lines), usd("0")) == usd("0.00")
        assert sum((line.fee for line in lines), usd("0")) == usd("18.20")
        assert [line.type for line in lines] == ["dispute", "refund", "charge"]
        assert stripe.balance() == -1820

    def test_of_yen_have_no_decimals(self, stripe, stripe_processor, customer_id):
        card_id = stripe.add_card(customer_id)
        payment = stripe_processor.charge(
            key="y",
            customer_id=customer_id,
            card_id=card_id,
            amount=Money(Decimal(500), "JPY"),
            reference="r",
            off_session=True,
        )

        (line,) = stripe_processor.balance_changes(since=LONG_AGO, until=datetime.now(UTC) + timedelta(days=1))

        assert payment.received == line.amount == Money(Decimal(500), "JPY")
        assert stripe.objects("payment_intent")[0]["amount"] == 500
