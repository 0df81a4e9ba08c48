"""Webhooks: signed, stored by their id, handled by looking at the object, in any order and number."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.payments.models import NoticeState, ProcessorNotice, TopUp, TopUpState
from billing.payments.services import attending, notices, reconciling, top_ups
from tests.factories.accounts import UserFactory
from tests.factories.payments import now_in, pay, start, wallet_with_card
from tests.fakes.stripe.faults import Fault

pytestmark = pytest.mark.django_db
ADDRESS = "/webhooks/stripe"


@pytest.fixture
def post(client, django_capture_on_commit_callbacks):
    """Return a function that posts a notice, and lets the worker handle it unless told otherwise."""

    def send(notice, *, is_handled: bool = True) -> int:
        with django_capture_on_commit_callbacks(execute=is_handled):
            answer = client.post(
                ADDRESS,
                notice.payload,
                content_type="application/json",
                headers={"Stripe-Signature": notice.signature},
            )
        return answer.status_code

    return send


@pytest.fixture
def paid(stripe, stripe_processor):
    """A top-up that was paid on the processor's page, of which we have not heard."""
    wallet, _ = wallet_with_card(stripe, stripe_processor)
    top_up = start(wallet, "20", now=timezone.now())
    top_ups.go_on(top_up=top_up, processor=stripe_processor, return_url="http://testserver/back", now=timezone.now())
    top_up.refresh_from_db()
    stripe.complete_page(top_up.page_id)
    return top_up


class TestReceiving:
    def test_credits_the_wallet(self, stripe, paid, post):
        stripe.deliver(post)

        assert now_in(paid.wallet).settled == 20
        assert TopUp.objects.get().state == TopUpState.SUCCEEDED
        assert "payment_intent.succeeded" in ProcessorNotice.objects.values_list("type", flat=True)
        assert not ProcessorNotice.objects.filter(state__in=["waiting", "failed"]).exists()

    @pytest.mark.parametrize("seed", range(5))
    def test_credits_it_once_however_often_and_in_whatever_order(self, stripe, paid, post, seed):
        stripe.webhooks.knobs.copies, stripe.webhooks.knobs.shuffle = 3, seed

        stripe.deliver(post)

        assert now_in(paid.wallet).settled == 20

    def test_does_not_read_the_news_out_of_the_notice(self, stripe, stripe_processor, post):
        wallet, _ = wallet_with_card(stripe, stripe_processor)
        top_up = start(wallet, "20")
        event = {
            "id": "evt_forged",
            "object": "event",
            "type": "payment_intent.succeeded",
            "created": int(timezone.now().timestamp()),
            "livemode": False,
            "data": {
                "object": {
                    "id": "pi_none",
                    "object": "payment_intent",
                    "status": "succeeded",
                    "amount": 2000,
                    "amount_received": 2000,
                    "currency": "usd",
                    "metadata": {"reference": str(top_up.pk)},
                }
            },
        }

        assert post(stripe.webhooks.signed(event)) == 200

        assert now_in(wallet).settled == 0

    def test_comes_before_or_after_the_browser(self, stripe, paid, post, stripe_processor):
        top_ups.refresh(top_up=paid, processor=stripe_processor, now=timezone.now())
        stripe.deliver(post)

        assert now_in(paid.wallet).settled == 20

    def test_keeps_what_it_does_not_know(self, stripe, post):
        event = {
            "id": "evt_1",
            "object": "event",
            "type": "price.created",
            "created": int(timezone.now().timestamp()),
            "livemode": False,
            "data": {"object": {"id": "price_1", "object": "price"}},
        }

        assert post(stripe.webhooks.signed(event)) == 200
        assert ProcessorNotice.objects.get().state == NoticeState.IGNORED


class TestRefusing:
    @pytest.mark.parametrize(
        "knob",
        [
            {"secret": "whsec_of_somebody"},
            {"signed_seconds_ago": 301},
            {"signed_seconds_ago": -400},
            {"is_live": True},
            {"account": "acct_stranger"},
        ],
    )
    def test_what_is_forged_old_or_meant_for_others(self, stripe, paid, post, knob):
        for name, value in knob.items():
            setattr(stripe.webhooks.knobs, name, value)

        assert {post(notice) for notice in stripe.notices()} == {400}
        assert not ProcessorNotice.objects.exists()
        assert now_in(paid.wallet).settled == 0

    @pytest.mark.parametrize("payload", [b"", b"{}", b"\xff", b"[]", b"null"])
    def test_what_is_no_notice(self, client, stripe, payload):
        for signature in ("", "t=1,v1=x", "²"):
            answer = client.post(
                ADDRESS, payload, content_type="application/json", headers={"Stripe-Signature": signature}
            )
            assert answer.status_code == 400

    def test_what_was_changed_on_the_way(self, client, stripe, paid):
        notice = stripe.notices()[0]
        body = json.dumps({**notice.event, "type": "charge.refunded"})

        answer = client.post(
            ADDRESS, body, content_type="application/json", headers={"Stripe-Signature": notice.signature}
        )

        assert answer.status_code == 400

    def test_what_is_long(self, client, stripe):
        assert client.post(ADDRESS, b"x" * 600_000, content_type="application/json").status_code == 413

    def test_everything_but_a_post_and_everything_without_a_processor(self, client, stripe, settings, paid):
        assert client.get(ADDRESS).status_code == 405
        notice = stripe.notices()[0]
        settings.STRIPE_SECRET_KEY = ""
        answer = client.post(
            ADDRESS, notice.payload, content_type="application/json", headers={"Stripe-Signature": notice.signature}
        )
        assert answer.status_code == 400


class TestHandling:
    def test_waits_for_a_processor_that_is_silent_and_is_swept_up(
        self, stripe, paid, post, stripe_processor, django_capture_on_commit_callbacks
    ):
        stripe.faults.add(Fault.ERROR_BEFORE, "GET *", times=None)
        stripe.deliver(post)
        assert set(ProcessorNotice.objects.values_list("state", flat=True)) >= {NoticeState.WAITING}
        stripe.faults.clear()

        with django_capture_on_commit_callbacks(execute=True):
            attending.sweep(now=timezone.now() + timedelta(minutes=3))

        assert now_in(paid.wallet).settled == 20
        assert not ProcessorNotice.objects.filter(state="waiting").exists()

    def test_can_be_repeated_by_operators(self, stripe, paid, post, client):
        stripe.deliver(lambda notice: post(notice, is_handled=False))
        assert now_in(paid.wallet).settled == 0
        client.force_login(UserFactory(operator=True))
        chosen = list(ProcessorNotice.objects.values_list("pk", flat=True))

        for _ in range(2):
            client.post(
                reverse("admin:payments_processornotice_changelist"),
                {"action": "handle_again", "_selected_action": chosen},
            )

        assert now_in(paid.wallet).settled == 20

    def test_is_given_up_after_many_attempts(self, stripe, stripe_processor, paid, post):
        stripe.deliver(lambda notice: post(notice, is_handled=False))
        notice = ProcessorNotice.objects.filter(object_type="payment_intent").first()
        stripe.faults.add(Fault.ERROR_BEFORE, "GET *", times=None)

        for _ in range(notices.MOST_ATTEMPTS):
            notices.handle(notice=notice, processor=stripe_processor, now=timezone.now())

        assert (notice.state, notice.attempts) == (NoticeState.FAILED, notices.MOST_ATTEMPTS)


class TestWithoutNotices:
    def test_the_reconciler_does_the_same(self, stripe, paid, stripe_processor):
        for _ in range(2):
            found = reconciling.reconcile(processor=stripe_processor, now=timezone.now())

        assert (found.payments, found.failures) == (1, 0)
        assert now_in(paid.wallet).settled == 20

    def test_pages_that_nobody_used_end(self, stripe, stripe_processor):
        wallet, _ = wallet_with_card(stripe, stripe_processor)
        top_up = start(wallet, "20", now=timezone.now())
        top_ups.go_on(top_up=top_up, processor=stripe_processor, return_url="http://testserver/x", now=timezone.now())
        stripe_processor.expire_page(TopUp.objects.get().page_id)

        reconciling.reconcile(processor=stripe_processor, now=timezone.now())

        assert TopUp.objects.get().state == TopUpState.CANCELED

    def test_one_payment_that_does_not_fit_keeps_no_other_from_it(self, stripe, stripe_processor, paid, monkeypatch):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        odd = start(wallet, "10", card, now=timezone.now())
        pay(stripe_processor, wallet, "11", card, now=timezone.now())
        stripe.faults.add(Fault.LOST_AFTER, "POST /v1/payment_intents")
        top_ups.ask(top_up=odd, processor=stripe_processor, now=timezone.now())
        for intent in stripe.objects("payment_intent"):
            if intent["amount"] == 1000:
                intent["amount_received"] = 0

        found = reconciling.reconcile(processor=stripe_processor, now=timezone.now())

        assert now_in(paid.wallet).settled == 20
        assert found.failures in (0, 1)
