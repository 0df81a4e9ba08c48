"""The fake's notices: signed as Stripe signs them, and as unreliable as the test wants."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import stripe as library

from tests.fakes.stripe.fake import FakeStripe


@pytest.fixture
def types(stripe, client):
    """A payment's events in the order in which they happened."""
    client.v1.payment_intents.create(
        {"amount": 500, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    )
    return ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]


class TestANotice:
    def test_is_accepted_by_the_library(self, stripe, client, types):
        for notice in stripe.notices():
            event = client.construct_event(notice.payload, notice.signature, stripe.webhook_secret)
            assert event.id == notice.event["id"]

    @pytest.mark.parametrize("knob", [{"secret": "whsec_other"}, {"signed_seconds_ago": 301}])
    def test_that_is_forged_or_old_is_not(self, stripe, client, types, knob):
        for name, value in knob.items():
            setattr(stripe.webhooks.knobs, name, value)

        notice = stripe.notices()[0]
        with pytest.raises(library.SignatureVerificationError):
            client.construct_event(notice.payload, notice.signature, stripe.webhook_secret)

    def test_is_signed_with_the_fakes_time(self, stripe, types):
        stripe.clock.stop_at(datetime(2026, 3, 1, tzinfo=UTC))

        assert stripe.notices()[0].signature.startswith("t=1772323200,v1=")

    def test_has_the_object_as_it_was_then(self, stripe, types):
        created, _, succeeded = stripe.notices()

        assert created.event["data"]["object"]["status"] == "requires_payment_method"
        assert succeeded.event["data"]["object"]["status"] == "succeeded"

    def test_names_the_account_it_happened_on(self, stripe, client):
        account = client.v1.accounts.create({"capabilities": {"transfers": {"requested": True}}})

        (notice,) = stripe.notices()
        assert json.loads(notice.payload)["account"] == account.id

    def test_names_the_request_that_it_came_from(self, stripe, client):
        client.v1.customers.create({}, {"idempotency_key": "k"})
        stripe.fund(100)

        assert stripe.events()[0]["request"]["idempotency_key"] == "k"
        assert stripe.events()[0]["request"]["id"].startswith("req_")


class TestTheKnobs:
    def told(self, stripe):
        return [notice.event["type"] for notice in stripe.notices()]

    def test_leave_the_order_alone_by_default(self, stripe, types):
        assert self.told(stripe) == types
        assert self.told(stripe) == []

    def test_copy(self, stripe, types):
        stripe.webhooks.knobs.copies = 3

        assert self.told(stripe) == [kind for kind in types for _ in range(3)]

    def test_drop(self, stripe, types):
        stripe.webhooks.knobs.drop = ["payment_intent.succeeded"]

        assert self.told(stripe) == types[:2]

    def test_shuffle_the_same_way_for_the_same_seed(self, stripe, types):
        orders = set()
        for seed in range(20):
            stripe.webhooks.pending = stripe.events()
            stripe.webhooks.knobs.shuffle = seed
            first = self.told(stripe)
            stripe.webhooks.pending = stripe.events()
            assert self.told(stripe) == first
            orders.add(tuple(first))

        assert len(orders) == 6


class TestDelivery:
    def test_keeps_what_was_not_taken(self, stripe, types):
        statuses = iter([200, 500, 404, 200, 204])
        seen = []

        def post(notice):
            seen.append(notice.event["type"])
            return next(statuses)

        assert stripe.deliver(post) == 1
        assert stripe.deliver(post) == 2
        assert stripe.deliver(post) == 0
        assert seen == [*types, *types[1:]]

    def test_by_a_thread_comes_again_after_a_failure(self):
        with _Listener([500, 200]) as listener:
            fake = FakeStripe()
            fake.start(webhook_url=listener.url)
            try:
                client = library.StripeClient(fake.secret_key, base_addresses={"api": fake.url})
                made = client.v1.customers.create({"name": "A"})
                assert listener.done.wait(20)
            finally:
                fake.stop()

        assert len(listener.heard) == 2
        for payload, signature in listener.heard:
            event = client.construct_event(payload, signature, fake.webhook_secret)
            assert event.data.object["id"] == made.id


class _Listener:
    """Somebody who takes notices, answering with these statuses in turn."""

    def __init__(self, statuses: list[int]) -> None:
        self.heard: list[tuple[bytes, str]] = []
        self.done = threading.Event()
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.heard.append((body, self.headers["Stripe-Signature"]))
                self.send_response(statuses[len(listener.heard) - 1])
                self.end_headers()
                if len(listener.heard) == len(statuses):
                    listener.done.set()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def __enter__(self) -> _Listener:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
