"""A customer, services with names, and promotions for statements."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from accounts.teams.models import Team
from billing.promotions.models import PriceRule, RuleMoment, RuleStatus
from billing.wallets.models import Wallet
from common import ports
from common.ports import ServiceFacts
from tests.factories.accounts import TeamFactory
from tests.factories.statements import CHAT, IMAGES, at, opened


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {CHAT: "Acme Chat", IMAGES: "Image Forge"}
    monkeypatch.setattr(
        ports.service_names, "_function", lambda ids: {each: names[each] for each in ids if each in names}
    )
    monkeypatch.setattr(ports.enrollment_codes, "_function", lambda ids: dict.fromkeys(ids, "K7QM4T9Z"))


@pytest.fixture
def promotion(db: None, monkeypatch: pytest.MonkeyPatch) -> Callable[..., PriceRule]:
    """Make a promotion of the platform: promotion(price, name="November"); of statements, unless it says otherwise."""
    seller = uuid4()
    monkeypatch.setattr(
        ports.service_facts, "_function", lambda ids: {each: ServiceFacts(seller, "any", frozenset()) for each in ids}
    )

    def make(price: dict[str, object], *, name: str, apply_at: RuleMoment = RuleMoment.STATEMENT) -> PriceRule:
        return PriceRule.objects.create(
            name=name,
            pricing=price,
            apply_at=apply_at,
            status=RuleStatus.ACTIVE,
            active_from=at("2026-01-01 00:00"),
            code=f"rule-{uuid4()}",
        )

    return make


@pytest.fixture
def buyer(db: None) -> Team:
    return TeamFactory(timezone="Europe/Vienna")


@pytest.fixture
def wallet(buyer: Team) -> Wallet:
    """Opened in September, in Vienna, with nothing in it."""
    return opened(buyer, at("2026-09-10 12:00"))
