"""Fixtures of the fake: `stripe`, which the settings name, and `stripe_processor`, which talks to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from billing.payments import gateways
from billing.payments.processor import Processor
from tests.fakes.stripe.fake import FakeStripe


@pytest.fixture(scope="session")
def _stripe_server() -> Iterator[FakeStripe]:
    fake = FakeStripe()
    fake.start()
    yield fake
    fake.stop()


@pytest.fixture
def stripe(_stripe_server: FakeStripe, settings: Any) -> Iterator[FakeStripe]:
    """A Stripe as new, and settings that name it: `gateways.processor()` talks to it through Stripe's own library."""
    fake = _stripe_server
    fake.reset()
    settings.STRIPE_SECRET_KEY = fake.secret_key
    settings.STRIPE_WEBHOOK_SECRETS = [fake.webhook_secret]
    settings.STRIPE_ACCOUNT = fake.account
    settings.STRIPE_API_BASE = fake.url
    settings.STRIPE_TIMEOUT_SECONDS = 5
    settings.STRIPE_RETRIES = 0
    yield fake
    fake.faults.clear()


@pytest.fixture
def stripe_processor(stripe: FakeStripe) -> Processor:
    """The processor of the settings, which is the fake."""
    return gateways.processor()
