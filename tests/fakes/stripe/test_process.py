"""The fake as a process, ended and started again on its file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import stripe as library

from tests.fakes.stripe.delivery import Courier
from tests.fakes.stripe.fake import FakeStripe
from tests.fakes.stripe.tables import Tables

ROOT = Path(__file__).parents[3]
KEY = "sk_test_of_this_process"


class Process:
    """`python -m tests.fakes.stripe`, at work when made."""

    def __init__(self, state: Path) -> None:
        environment = {**os.environ, "STRIPE_SECRET_KEY": KEY, "PYTHONDONTWRITEBYTECODE": "1"}
        self.child = subprocess.Popen(
            [sys.executable, "-m", "tests.fakes.stripe", "--port", "0", "--state", str(state)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.child.stdout is not None
        self.url = self.child.stdout.readline().split()[-1]
        self.client = library.StripeClient(KEY, base_addresses={"api": self.url}, max_network_retries=0)

    def end(self) -> int:
        self.child.send_signal(signal.SIGTERM)
        status = self.child.wait(10)
        self.child.stdout.close()
        return status


class TestTheProcess:
    def test_keeps_cards_keys_and_the_books(self, tmp_path):
        first = Process(tmp_path / "stripe.json")
        customer = first.client.v1.customers.create({"payment_method": "pm_card_chargeCustomerFail"})
        asked = {"amount": 500, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
        paid = first.client.v1.payment_intents.create(asked, {"idempotency_key": "k"})
        assert first.end() == 0

        again = Process(tmp_path / "stripe.json")
        try:
            (method,) = again.client.v1.customers.payment_methods.list(customer.id).data
            with pytest.raises(library.CardError):
                again.client.v1.payment_intents.create({**asked, "customer": customer.id, "payment_method": method.id})
            assert again.client.v1.payment_intents.create(asked, {"idempotency_key": "k"}).id == paid.id
            assert again.client.v1.balance.retrieve().available[0].amount == 500 - 15 - 30
        finally:
            assert again.end() == 0
        assert (tmp_path / "stripe.json").stat().st_mode & 0o777 == 0o600


class TestUntoldEvents:
    def test_are_told_after_a_restart(self, tmp_path, monkeypatch):
        first = FakeStripe(state=tmp_path / "stripe.json")
        first.start()
        library.StripeClient(first.secret_key, base_addresses={"api": first.url}).v1.customers.create()
        first.stop()
        told, heard = threading.Event(), []

        def post(courier, notice):
            heard.append(notice.event["type"])
            told.set()
            return 200

        monkeypatch.setattr(Courier, "_post", post)
        again = FakeStripe(state=tmp_path / "stripe.json")
        again.start(webhook_url="http://127.0.0.1:9/")
        try:
            assert told.wait(10)
        finally:
            again.stop()

        assert heard == ["customer.created"]
        (event,) = Tables(tmp_path / "stripe.json").newest_first("event")
        assert event["pending_webhooks"] == 0
