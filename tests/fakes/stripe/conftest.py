"""The fake is tested through Stripe's own library."""

from __future__ import annotations

import pytest
import stripe as library

from tests.fakes.stripe.fake import FakeStripe
from tests.fakes.stripe.fixtures import _stripe_server, stripe, stripe_processor

__all__ = ["_stripe_server", "client", "stripe", "stripe_processor"]


@pytest.fixture
def client(stripe: FakeStripe) -> library.StripeClient:
    """Stripe's library, talking to the fake, without retries of its own."""
    return library.StripeClient(
        stripe.secret_key,
        base_addresses={"api": stripe.url},
        max_network_retries=0,
        http_client=library.RequestsClient(timeout=(1, 5)),
    )
