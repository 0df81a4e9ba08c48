"""The processor's contract, through Stripe's own library: on the fake, and on Stripe's test mode with a key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from billing.payments.processor import PaymentState, RequestRefused
from tests.billing.payments.processors import PAGES, Side, side, usd

__all__ = ["side"]

BACK = "https://market.example/back"


def just_now() -> datetime:
    """Return a moment before everything that the test does."""
    return datetime.now(UTC) - timedelta(minutes=2)


class TestCustomer:
    def test_made_twice_under_one_key_is_the_same(self, side: Side):
        assert side.customer() == side.customer()

    def test_has_no_card_at_first(self, side: Side):
        assert side.processor.cards(customer_id=side.customer()) == []

    def test_lists_its_cards_with_one_default(self, side: Side):
        customer_id = side.customer()
        first, second = side.card(customer_id), side.card(customer_id, "pm_card_mastercard")

        side.processor.set_default_card(customer_id=customer_id, card_id=second)

        found = {card.id: card for card in side.processor.cards(customer_id=customer_id)}
        assert {card.id: (card.brand, card.last4, card.is_default) for card in found.values()} == {
            first: ("visa", "4242", False),
            second: ("mastercard", "4444", True),
        }
        assert found[first].expires_year >= datetime.now(UTC).year
        assert 1 <= found[first].expires_month <= 12

    def test_loses_a_detached_card_and_its_default(self, side: Side):
        customer_id = side.customer()
        card_id = side.card(customer_id)
        side.processor.set_default_card(customer_id=customer_id, card_id=card_id)

        side.processor.detach_card(card_id=card_id)

        assert side.processor.cards(customer_id=customer_id) == []

    def test_cannot_take_somebody_elses_card_for_its_default(self, side: Side):
        card_id = side.card(side.customer("owner"))

        with pytest.raises(RequestRefused):
            side.processor.set_default_card(customer_id=side.customer("other"), card_id=card_id)

    def test_that_does_not_exist_is_refused_with_the_code(self, side: Side):
        with pytest.raises(RequestRefused) as refused:
            side.processor.cards(customer_id="cus_nobody")

        assert refused.value.code == "resource_missing"


class TestCharge:
    def test_of_a_good_card_succeeds_with_our_reference(self, side: Side):
        payment = side.charge()

        assert payment.state is PaymentState.SUCCEEDED
        assert (payment.amount, payment.received) == (usd("25.00"), usd("25.00"))
        assert (payment.reference, payment.failure) == (side.key("payment"), "")
        assert side.processor.payment(payment.id) == payment

    def test_repeated_under_its_key_charges_once(self, side: Side):
        customer_id = side.customer()
        asked = {
            "key": side.key("once"),
            "customer_id": customer_id,
            "card_id": side.card(customer_id),
            "amount": usd("10.00"),
            "reference": "r",
            "off_session": True,
        }

        assert side.processor.charge(**asked) == side.processor.charge(**asked)

        with pytest.raises(RequestRefused):
            side.processor.charge(**{**asked, "amount": usd("11.00")})
        mine = [each for each in side.processor.payments(since=just_now()) if each.customer_id == customer_id]
        assert len(mine) == 1

    def test_of_a_card_that_declines_is_a_failed_payment_that_knows_its_card(self, side: Side):
        payment = side.charge("pm_card_chargeCustomerFail")

        assert (payment.state, payment.failure) == (PaymentState.FAILED, "card_declined")
        assert payment.received == usd("0.00")
        assert payment.card_id.startswith("pm_")
        assert payment.message
        assert side.processor.payment(payment.id) == payment

    def test_repeated_after_a_decline_is_told_of_the_same_payment(self, side: Side):
        customer_id = side.customer()
        asked = {
            "key": side.key("declined"),
            "customer_id": customer_id,
            "card_id": side.card(customer_id, "pm_card_chargeCustomerFail"),
            "amount": usd("10.00"),
            "reference": "r",
            "off_session": True,
        }

        assert side.processor.charge(**asked) == side.processor.charge(**asked)

    @pytest.mark.parametrize("token", ["pm_card_authenticationRequired", "pm_card_authenticationRequiredOnSetup"])
    def test_without_its_owner_waits_for_them_when_the_bank_wants_that(self, side: Side, token: str):
        payment = side.charge(token)

        assert (payment.state, payment.failure) == (PaymentState.ACTION_REQUIRED, "authentication_required")
        page = side.processor.authentication_page(payment_id=payment.id, return_url=BACK)
        assert page.startswith("http")
        assert page != BACK
        assert side.processor.payment(payment.id).state is PaymentState.ACTION_REQUIRED
        assert side.processor.authentication_page(payment_id=payment.id, return_url=BACK) == page

    def test_with_its_owner_waits_for_them_when_the_bank_wants_that(self, side: Side):
        payment = side.charge("pm_card_authenticationRequired", off_session=False)

        assert payment.state is PaymentState.ACTION_REQUIRED
        assert side.processor.authentication_page(payment_id=payment.id, return_url=BACK).startswith("http")

    def test_that_does_not_wait_has_no_page_for_its_owner(self, side: Side):
        with pytest.raises(RequestRefused):
            side.processor.authentication_page(payment_id=side.charge().id, return_url=BACK)

    def test_that_waits_can_be_canceled_and_one_that_succeeded_cannot(self, side: Side):
        waiting = side.charge("pm_card_authenticationRequired")

        assert side.processor.cancel_payment(waiting.id).state is PaymentState.CANCELED
        with pytest.raises(RequestRefused):
            side.processor.cancel_payment(side.charge().id)

    def test_with_a_card_of_another_customer_is_refused_and_makes_no_payment(self, side: Side):
        thief = side.customer("thief")
        with pytest.raises(RequestRefused):
            side.processor.charge(
                key=side.key("theft"),
                customer_id=thief,
                card_id=side.card(side.customer("owner")),
                amount=usd("25.00"),
                reference="r",
                off_session=True,
            )

        assert [each for each in side.processor.payments(since=just_now()) if each.customer_id == thief] == []

    @pytest.mark.parametrize("amount", ["0.001", "25.005", "0", "-1.00"])
    def test_of_parts_of_a_cent_or_of_nothing_is_refused(self, side: Side, amount: str):
        with pytest.raises(RequestRefused) as refused:
            side.charge(amount=amount)

        assert refused.value.code == "amount_not_payable"

    def test_below_what_cards_can_pay_is_refused(self, side: Side):
        with pytest.raises(RequestRefused) as refused:
            side.charge(amount="0.01")

        assert refused.value.code == "amount_too_small"


class TestRefund:
    def test_in_parts_ends_when_all_is_back(self, side: Side):
        payment = side.charge()

        first = side.processor.refund(key=side.key("1"), payment_id=payment.id, amount=usd("5.00"), reference="a")
        second = side.processor.refund(key=side.key("2"), payment_id=payment.id, amount=usd("20.00"), reference="b")

        assert (first.amount, first.reference, first.payment_id) == (usd("5.00"), "a", payment.id)
        assert {first.state, second.state} <= {"succeeded", "pending"}
        with pytest.raises(RequestRefused) as refused:
            side.processor.refund(key=side.key("3"), payment_id=payment.id, amount=usd("0.50"), reference="c")
        assert refused.value.code == "charge_already_refunded"
        listed = {refund.id for refund in side.processor.refunds(since=just_now())}
        assert {first.id, second.id} <= listed

    def test_of_more_than_was_paid_is_refused(self, side: Side):
        payment = side.charge()

        with pytest.raises(RequestRefused):
            side.processor.refund(key=side.key("1"), payment_id=payment.id, amount=usd("25.01"), reference="a")

    def test_repeated_under_its_key_refunds_once(self, side: Side):
        payment = side.charge()
        asked = {"key": side.key("1"), "payment_id": payment.id, "amount": usd("5.00"), "reference": "a"}

        once, twice = side.processor.refund(**asked), side.processor.refund(**asked)

        assert once == twice == side.processor.refund_by_id(once.id)

    def test_of_a_payment_that_failed_is_refused(self, side: Side):
        payment = side.charge("pm_card_chargeCustomerFail")

        with pytest.raises(RequestRefused):
            side.processor.refund(key=side.key("1"), payment_id=payment.id, amount=usd("5.00"), reference="a")


class TestHostedPages:
    def test_for_a_card_are_open_until_they_are_expired(self, side: Side):
        customer_id = side.customer()
        page = side.processor.open_card_page(key=side.key("page"), customer_id=customer_id, reference="r", **PAGES)

        setup = side.processor.hosted_page(page.id)
        assert page.url.startswith("http")
        assert page.expires_at is not None
        assert page.expires_at > datetime.now(UTC)
        assert (setup.state, setup.customer_id, setup.reference) == ("open", customer_id, "r")
        assert (setup.card_id, setup.payment_id) == ("", "")

        side.processor.expire_page(page.id)
        assert side.processor.hosted_page(page.id).state == "expired"

    def test_for_a_payment_are_the_same_under_the_same_key(self, side: Side):
        asked = {"key": side.key("page"), "customer_id": side.customer(), "amount": usd("25.00"), "reference": "r"}

        once, twice = (
            side.processor.open_payment_page(**asked, **PAGES),
            side.processor.open_payment_page(**asked, **PAGES),
        )

        assert once == twice
        assert side.processor.hosted_page(once.id).state == "open"

    def test_of_the_portal_have_an_address(self, side: Side):
        assert side.processor.open_portal(customer_id=side.customer(), return_url=BACK).startswith("http")


class TestPayouts:
    def test_go_to_an_account_only_after_it_gave_what_is_asked(self, side: Side):
        account = side.processor.create_payout_account(
            key=side.key("account"), email="seller@example.com", country="US", reference="seller"
        )

        assert (account.can_be_paid, account.country, account.default_currency) == (False, "US", "USD")
        assert account.requirements
        assert side.processor.payout_account(account.id) == account
        page = side.processor.open_payout_account_page(account_id=account.id, return_url=BACK, refresh_url=BACK)
        assert page.startswith("http")
        with pytest.raises(RequestRefused) as refused:
            side.processor.transfer(
                key=side.key("transfer"), account_id=account.id, amount=usd("1.00"), reference="payout"
            )
        assert refused.value.code == "insufficient_capabilities_for_transfer"


class TestBooks:
    def test_list_a_charge_and_its_refund_by_what_we_call_them(self, side: Side):
        payment = side.charge("pm_card_bypassPending")
        refund = side.processor.refund(key=side.key("1"), payment_id=payment.id, amount=usd("5.00"), reference="a")

        until = datetime.now(UTC) + timedelta(minutes=5)
        lines = {line.source_id: line for line in side.processor.balance_changes(since=just_now(), until=until)}

        assert (lines[payment.id].type, lines[payment.id].amount) == ("charge", usd("25.00"))
        assert lines[payment.id].fee.amount > 0
        assert (lines[refund.id].type, lines[refund.id].amount) == ("refund", usd("-5.00"))
