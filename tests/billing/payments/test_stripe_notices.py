"""Webhooks: which are believed to come from Stripe, and what they say."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from billing.payments import stripe_notices
from billing.payments.processor import Notice, RequestRefused
from tests.fakes.stripe.webhooks import signature

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECRET = "whsec_current"
OURS = "acct_ours"
EVENT = {
    "id": "evt_1",
    "object": "event",
    "created": 1772366400,
    "type": "payment_intent.succeeded",
    "livemode": False,
    "data": {"object": {"id": "pi_1", "object": "payment_intent"}},
}


def read(event: object = EVENT, *, secret: str = SECRET, age: int = 0, **more: object) -> Notice:
    """Read an event signed with this secret, so many seconds ago."""
    payload = event if isinstance(event, bytes) else json.dumps(event).encode()
    signed = signature(payload, secret=secret, at=int(NOW.timestamp()) - age)
    return read_as(payload, signed, **more)


def read_as(payload: bytes, signed: str, **more: object) -> Notice:
    """Read a payload with this signature."""
    given = {"secrets": [SECRET, "whsec_old"], "is_live": False, "account": OURS, "now": NOW, **more}
    return stripe_notices.read(payload, signed, **given)


def refusal(*arguments: object, **more: object) -> str:
    """Return the code of a refusal."""
    with pytest.raises(RequestRefused) as refused:
        read(*arguments, **more)
    return refused.value.code


class TestANotice:
    def test_says_what_changed(self):
        assert read() == Notice(
            id="evt_1",
            type="payment_intent.succeeded",
            object_type="payment_intent",
            object_id="pi_1",
            is_live=False,
            account_id="",
            created_at=NOW,
        )

    @pytest.mark.parametrize("secret", [SECRET, "whsec_old"])
    def test_is_read_with_each_secret_in_use(self, secret):
        assert read(secret=secret).id == "evt_1"

    def test_may_carry_several_signatures(self):
        payload = json.dumps(EVENT).encode()
        at = int(NOW.timestamp())
        wrong = signature(payload, secret="whsec_other", at=at).partition(",")[2]

        assert read_as(payload, f"{signature(payload, secret=SECRET, at=at)},{wrong},v0=abc").id == "evt_1"
        assert read_as(payload, f"t={at},{wrong},{signature(payload, secret=SECRET, at=at).partition(',')[2]}").id

    def test_is_as_old_as_the_time_that_was_signed(self):
        payload, at = json.dumps(EVENT).encode(), int(NOW.timestamp())
        signed = signature(payload, secret=SECRET, at=at - 400).partition(",")[2]

        assert read_as(payload, signature(payload, secret=SECRET, at=at).replace(",", "=x,")).id == "evt_1"
        with pytest.raises(RequestRefused):
            read_as(payload, f"t={at - 400},t={at},{signed}")
        with pytest.raises(RequestRefused):
            read_as(payload, f"t={at},t={at - 400},{signed}")

    def test_about_our_own_account_by_name_is_ours(self):
        assert read({**EVENT, "account": OURS}).account_id == ""

    @pytest.mark.parametrize("kind", ["account.updated", "capability.updated"])
    def test_about_a_sellers_account_names_it(self, kind):
        assert read({**EVENT, "type": kind, "account": "acct_seller"}).account_id == "acct_seller"

    @pytest.mark.parametrize("kind", ["payment_intent.succeeded", "charge.refunded", "payout.paid", "accounting"])
    def test_about_somebody_elses_money_is_refused(self, kind):
        assert refusal({**EVENT, "type": kind, "account": "acct_other"}) == "notice_of_other_account"

    def test_of_the_other_mode_is_refused(self):
        assert refusal({**EVENT, "livemode": True}) == "notice_of_other_mode"
        assert refusal(is_live=True) == "notice_of_other_mode"

    @pytest.mark.parametrize("age", [0, 299, 300, -299, -300])
    def test_is_good_for_five_minutes_either_way(self, age):
        assert read(age=age).id == "evt_1"

    @pytest.mark.parametrize("age", [301, 86_400, -301])
    def test_that_is_older_or_of_the_future_is_refused(self, age):
        assert refusal(age=age) == "notice_too_old"

    def test_is_judged_by_the_given_time_alone(self):
        assert read(now=NOW + timedelta(seconds=299)).id == "evt_1"
        assert refusal(now=NOW + timedelta(days=400)) == "notice_too_old"

    def test_signed_by_somebody_else_is_refused(self):
        assert refusal(secret="whsec_other") == "notice_signature_wrong"

    def test_is_refused_where_no_secret_is_set(self):
        assert refusal(secrets=[]) == "notice_signature_wrong"
        assert refusal(secret="", secrets=[""]) == "notice_signature_wrong"

    def test_that_was_changed_on_the_way_is_refused(self):
        payload = json.dumps(EVENT).encode()
        signed = signature(payload, secret=SECRET, at=int(NOW.timestamp()))

        with pytest.raises(RequestRefused):
            read_as(payload.replace(b"pi_1", b"pi_2"), signed)

    @pytest.mark.parametrize(
        "signed",
        [
            "",
            "t=1",
            "v1=abc",
            "t=,v1=",
            "t=now,v1=abc",
            "t=1772366400,v1=ü",
            "t=1772366400,v0=" + "a" * 64,
            "=" * 1000,
            ",",
            "t=" + "9" * 5000 + ",v1=a",
        ],
    )
    def test_with_an_unreadable_signature_is_refused(self, signed):
        with pytest.raises(RequestRefused) as refused:
            read_as(json.dumps(EVENT).encode(), signed)

        assert refused.value.code == "notice_signature_wrong"

    @pytest.mark.parametrize(
        "event",
        [
            b"",
            b"not json",
            b"\xff\xfe",
            b"[]",
            b"null",
            b'"text"',
            {**EVENT, "data": []},
            {**EVENT, "data": {"object": "pi_1"}},
            {**EVENT, "created": "yesterday"},
            {**EVENT, "created": 10**30},
            {name: EVENT[name] for name in EVENT if name != "id"},
        ],
    )
    def test_that_is_no_event_is_refused(self, event):
        assert refusal(event) in {"notice_unreadable", "notice_signature_wrong"}

    def test_about_something_without_an_id_is_read(self):
        event = {**EVENT, "type": "balance.available", "data": {"object": {"object": "balance"}}}

        assert (read(event).object_type, read(event).object_id) == ("balance", "")


class TestTheFakesNotices:
    def test_are_believed(self, stripe, stripe_processor):
        stripe_processor.create_customer(key="k", name="A", email="a@example.com", reference="r")
        (told,) = stripe.notices()

        notice = stripe_processor.read_notice(payload=told.payload, signature=told.signature, now=datetime.now(UTC))

        assert (notice.type, notice.object_type) == ("customer.created", "customer")
        assert notice.object_id == stripe.objects("customer")[0]["id"]

    @pytest.mark.parametrize(
        "knob",
        [{"secret": "whsec_other"}, {"is_live": True}, {"account": "acct_other"}, {"signed_seconds_ago": 301}],
    )
    def test_that_are_forged_are_not(self, stripe, stripe_processor, knob):
        stripe_processor.create_customer(key="k", name="A", email="a@example.com", reference="r")
        for name, value in knob.items():
            setattr(stripe.webhooks.knobs, name, value)
        (told,) = stripe.notices()

        with pytest.raises(RequestRefused):
            stripe_processor.read_notice(payload=told.payload, signature=told.signature, now=datetime.now(UTC))
