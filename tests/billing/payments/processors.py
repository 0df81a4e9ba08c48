"""The processor that the contract is tested on: Stripe's library against our fake, or against Stripe's test mode.

Against Stripe itself: STRIPE_TEST_SECRET_KEY=sk_test_… pytest tests/billing/payments/test_stripe_processor.py
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
import stripe as library

from billing.payments.processor import Payment
from billing.payments.stripe_processor import StripeProcessor
from domain.money import Money
from tests.fakes.stripe.fake import FakeStripe

REAL_KEY = os.environ.get("STRIPE_TEST_SECRET_KEY", "")
SIDES = [
    "fake",
    *([pytest.param("stripe", marks=pytest.mark.allow_hosts(["api.stripe.com"]))] if REAL_KEY else []),
]
_SITE = "https://market.example"
PAGES = {"success_url": f"{_SITE}/done?page={{CHECKOUT_SESSION_ID}}", "cancel_url": f"{_SITE}/cancel"}


def usd(amount: str) -> Money:
    """Return an amount of dollars."""
    return Money(Decimal(amount), "USD")


@dataclass
class Side:
    """A processor, and what a test does without it: attach a card by its token. run: makes the keys of a run unique."""

    processor: StripeProcessor
    client: library.StripeClient
    run: str = field(default_factory=lambda: secrets.token_hex(6))

    def key(self, name: str) -> str:
        """Return an idempotency key that no other run uses."""
        return f"{name}-{self.run}"

    def customer(self, name: str = "customer") -> str:
        """Return a new customer."""
        return self.processor.create_customer(
            key=self.key(name), name="Ada", email="ada@example.com", reference=self.key(name)
        )

    def card(self, customer_id: str, token: str = "pm_card_visa") -> str:
        """Return a card of this token, attached."""
        return self.client.v1.payment_methods.attach(token, {"customer": customer_id}).id

    def charge(self, token: str = "pm_card_visa", *, amount: str = "25.00", off_session: bool = True) -> Payment:
        """Return what comes of charging a new customer's card."""
        customer_id = self.customer(f"for-{token}")
        return self.processor.charge(
            key=self.key(f"charge-{token}"),
            customer_id=customer_id,
            card_id=self.card(customer_id, token),
            amount=usd(amount),
            reference=self.key("payment"),
            off_session=off_session,
        )


@pytest.fixture(params=SIDES)
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    """The contract's processor."""
    if request.param == "stripe":
        processor = StripeProcessor(secret_key=REAL_KEY, webhook_secrets=["whsec_none"])
        yield Side(processor, library.StripeClient(REAL_KEY))
        return
    fake: FakeStripe = request.getfixturevalue("stripe")
    client = library.StripeClient(fake.secret_key, base_addresses={"api": fake.url})
    yield Side(on_fake(fake), client)


def on_fake(fake: FakeStripe, *, timeout_seconds: float = 5, retries: int = 0) -> StripeProcessor:
    """Return a processor that talks to the fake."""
    return StripeProcessor(
        secret_key=fake.secret_key,
        webhook_secrets=[fake.webhook_secret],
        account=fake.account,
        api_base=fake.url,
        timeout_seconds=timeout_seconds,
        retries=retries,
    )
