"""How the fake answers: keys, parameters, idempotency, lists, expansion."""

from __future__ import annotations

import threading

import pytest
import requests
import stripe as library

from tests.fakes.stripe.cards import BY_TOKEN, CARDS
from tests.fakes.stripe.faults import Fault
from tests.fakes.stripe.params import decoded

CUSTOMERS = "POST /v1/customers"


class TestAKey:
    @pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer sk_test_other"}, {"Authorization": "Basic abc"}])
    def test_that_is_wrong_or_missing_is_refused(self, stripe, header):
        answer = requests.get(f"{stripe.url}/v1/customers", headers=header, timeout=5)

        assert (answer.status_code, answer.json()["error"]["type"]) == (401, "invalid_request_error")


class TestAnAddress:
    def test_that_nobody_answers_is_refused(self, client):
        with pytest.raises(library.InvalidRequestError, match="Unrecognized request URL"):
            client.raw_request("post", "/v1/nothing")


class TestParameters:
    def test_nest_and_list(self):
        assert decoded("a=1&b[c]=2&b[d][e]=3&l[0]=x&l[1]=y&t[0][p]=1&t[1][p]=2&n[]=7&s=") == {
            "a": "1",
            "b": {"c": "2", "d": {"e": "3"}},
            "l": ["x", "y"],
            "t": [{"p": "1"}, {"p": "2"}],
            "n": ["7"],
            "s": "",
        }

    @pytest.mark.parametrize(
        ("given", "code", "param"),
        [
            ({"currency": "usd"}, "parameter_missing", "amount"),
            ({"amount": 100}, "parameter_missing", "currency"),
            ({"amount": "ten", "currency": "usd"}, "parameter_invalid_integer", "amount"),
            ({"amount": "25.00", "currency": "usd"}, "parameter_invalid_integer", "amount"),
            ({"amount": 0, "currency": "usd"}, "parameter_invalid_integer", "amount"),
            ({"amount": 49, "currency": "usd"}, "amount_too_small", "amount"),
            ({"amount": 100_000_000, "currency": "usd"}, "amount_too_large", "amount"),
            (
                {"amount": 100, "currency": "usd", "payment_method_types": ["card"]},
                "parameter_unknown",
                "payment_method_types",
            ),
            ({"amount": 100, "currency": "usd", "customer": "cus_none"}, "resource_missing", "customer"),
            ({"amount": 100, "currency": "usd", "payment_method": "pm_none"}, "resource_missing", "payment_method"),
            ({"amount": 5124, "currency": "kwd"}, "", "amount"),
        ],
    )
    def test_that_are_wrong_are_named(self, stripe, client, given, code, param):
        with pytest.raises(library.InvalidRequestError) as refused:
            client.raw_request("post", "/v1/payment_intents", **given)

        assert (refused.value.code or "", refused.value.param) == (code, param)
        assert stripe.objects("payment_intent") == []


class TestAnIdempotencyKey:
    def test_gives_the_first_answer_again(self, stripe, client):
        once, twice = (client.v1.customers.create({"name": "A"}, {"idempotency_key": "k"}) for _ in range(2))

        assert once.id == twice.id
        assert "Idempotent-Replayed" not in once.last_response.headers
        assert twice.last_response.headers["Idempotent-Replayed"] == "true"
        assert len(stripe.objects("customer")) == 1

    def test_gives_a_decline_again(self, stripe, client):
        declines = []
        for _ in range(2):
            with pytest.raises(library.CardError) as declined:
                client.v1.payment_intents.create(
                    {"amount": 500, "currency": "usd", "payment_method": "pm_card_chargeDeclined", "confirm": True},
                    {"idempotency_key": "k"},
                )
            declines.append(declined.value.error.payment_intent.id)

        assert len(set(declines)) == 1
        assert len(stripe.objects("charge")) == 1

    @pytest.mark.parametrize("path", ["/v1/customers", "/v1/payment_intents"])
    def test_is_for_one_request_alone(self, client, path):
        client.v1.customers.create({"name": "A"}, {"idempotency_key": "k"})

        with pytest.raises(library.IdempotencyError, match="same parameters"):
            client.raw_request("post", path, name="B", idempotency_key="k")

    def test_is_refused_while_in_use(self, stripe, client):
        held = stripe.faults.add(Fault.HELD, CUSTOMERS)

        def create() -> library.Customer:
            return client.v1.customers.create({"name": "A"}, {"idempotency_key": "k"})

        thread = threading.Thread(target=create)
        thread.start()
        assert held.met.wait(10)

        with pytest.raises(library.APIError) as refused:
            create()
        held.go.set()
        thread.join(10)

        assert (refused.value.http_status, refused.value.error.code) == (409, "idempotency_key_in_use")
        assert create().id == stripe.objects("customer")[0]["id"]

    def test_is_at_most_255_characters_long(self, client):
        with pytest.raises(library.InvalidRequestError, match="255"):
            client.v1.customers.create({"name": "A"}, {"idempotency_key": "k" * 256})

    def test_of_64_callers_at_once_is_used_once(self, stripe, client):
        gate = threading.Barrier(64)
        made: set[str] = set()

        def create() -> None:
            gate.wait(20)
            for _ in range(100):
                try:
                    made.add(client.v1.customers.create({"name": "A"}, {"idempotency_key": "k"}).id)
                except library.APIError:
                    continue
                return

        threads = [threading.Thread(target=create) for _ in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

        assert len(made) == 1
        assert len(stripe.objects("customer")) == 1


class TestAList:
    def test_goes_forwards_and_backwards(self, client):
        ids = [client.v1.customers.create({"name": str(number)}).id for number in range(5)][::-1]

        first = client.v1.customers.list({"limit": 2})
        second = client.v1.customers.list({"limit": 2, "starting_after": ids[1]})
        back = client.v1.customers.list({"limit": 2, "ending_before": ids[3]})

        assert [row.id for row in first.data] == ids[:2]
        assert [row.id for row in second.data] == ids[2:4]
        assert [row.id for row in back.data] == ids[1:3]
        assert (first.has_more, second.has_more, back.has_more) == (True, True, True)
        assert [row.id for row in first.auto_paging_iter()] == ids

    @pytest.mark.parametrize("limit", [0, 101])
    def test_has_a_hundred_rows_at_most(self, client, limit):
        with pytest.raises(library.InvalidRequestError):
            client.v1.customers.list({"limit": limit})


class TestExpansion:
    @pytest.mark.parametrize("path", ["colour", "amount", "currency", "a.b.c.d.e"])
    def test_of_what_is_no_id_is_refused(self, client, path):
        with pytest.raises(library.InvalidRequestError):
            client.v1.payment_intents.create({"amount": 500, "currency": "usd", "expand": [path]})

    def test_leaves_what_is_kept_alone(self, stripe, client):
        paid = client.v1.payment_intents.create(
            {
                "amount": 500,
                "currency": "usd",
                "payment_method": "pm_card_visa",
                "confirm": True,
                "expand": ["latest_charge.balance_transaction"],
            }
        )

        assert paid.latest_charge.balance_transaction.net == 500 - 15 - 30
        assert stripe.object(paid.id)["latest_charge"] == paid.latest_charge.id


class TestTheMagicCards:
    #: What a charge without its owner gives, straight from a token: as Stripe's documents say.
    SAID = {
        "pm_card_visa": "succeeded",
        "pm_card_mastercard": "succeeded",
        "pm_card_amex": "succeeded",
        "pm_card_bypassPending": "succeeded",
        "pm_card_chargeDeclined": "generic_decline",
        "pm_card_chargeDeclinedInsufficientFunds": "insufficient_funds",
        "pm_card_chargeDeclinedExpiredCard": "expired_card",
        "pm_card_chargeDeclinedProcessingError": "processing_error",
        "pm_card_chargeCustomerFail": "generic_decline",
        "pm_card_authenticationRequiredOnSetup": "authentication_required",
        "pm_card_authenticationRequired": "authentication_required",
        "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": "authentication_required",
        "pm_card_createDispute": "succeeded",
        "pm_card_createDisputeProductNotReceived": "succeeded",
        "pm_card_createDisputeInquiry": "succeeded",
        "pm_card_pendingRefund": "succeeded",
        "pm_card_refundFail": "succeeded",
    }

    def test_are_all_described(self):
        assert set(self.SAID) == {card.token for card in CARDS}

    @pytest.mark.parametrize("token", SAID)
    def test_do_what_is_said_of_them(self, client, token):
        try:
            outcome = client.v1.payment_intents.create(
                {"amount": 500, "currency": "usd", "payment_method": token, "confirm": True, "off_session": True}
            ).status
        except library.CardError as declined:
            outcome = declined.error.decline_code
            assert declined.error.payment_intent.status == "requires_payment_method"
            assert declined.error.payment_intent.last_payment_error.decline_code == outcome

        assert outcome == self.SAID[token]

    @pytest.mark.parametrize("card", [card for card in CARDS if not card.attaches], ids=lambda card: card.token)
    def test_that_decline_at_once_cannot_be_saved(self, client, card):
        customer = client.v1.customers.create()

        with pytest.raises(library.CardError):
            client.v1.payment_methods.attach(card.token, {"customer": customer.id})

        assert client.v1.customers.payment_methods.list(customer.id).data == []

    def test_have_numbers_that_pass_the_check_digit(self):
        assert [card.number for card in CARDS if _luhn(card.number) % 10] == []
        assert len(BY_TOKEN) >= len(CARDS)

    def test_once_detached_are_never_used_again(self, client):
        customer = client.v1.customers.create({"payment_method": "pm_card_visa"})
        (method,) = client.v1.customers.payment_methods.list(customer.id).data
        client.v1.payment_methods.detach(method.id)

        for again in (
            lambda: client.v1.payment_methods.attach(method.id, {"customer": customer.id}),
            lambda: client.v1.payment_intents.create({"amount": 500, "currency": "usd", "payment_method": method.id}),
            lambda: client.v1.payment_methods.detach(method.id),
        ):
            with pytest.raises(library.InvalidRequestError):
                again()


def _luhn(number: str) -> int:
    """Return the sum whose last digit is 0 for a card number."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number))]
    return sum(digit - 9 if digit > 9 else digit for digit in doubled)
