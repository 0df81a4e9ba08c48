"""Services have names here, and one seller can be paid."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.teams.models import Team
from billing.payouts import services as payouts
from common import ports
from tests.factories.accounts import TeamFactory
from tests.factories.payouts import owed


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        ports.service_names, "_function", lambda ids: {each: f"Service {str(each)[:4]}" for each in ids}
    )


@pytest.fixture
def unproven() -> frozenset[str]:
    """Months of usage are written down here without the calls that they are of."""
    return frozenset({"usage of a period = sum of its charges"})


@pytest.fixture
def seller(stripe, stripe_processor) -> Team:
    """A seller with an account that can be paid, who is owed 70.005."""
    seller = TeamFactory(seller=True)
    now = timezone.now()
    account = payouts.connect(
        seller=seller, country="US", email="s@example.org", processor=stripe_processor, now=now
    ).processor_account
    stripe.complete_account(account)
    payouts.refresh_account(seller=seller, processor=stripe_processor, now=now)
    stripe.fund(100_000)
    owed(seller, "70.005")
    return seller
