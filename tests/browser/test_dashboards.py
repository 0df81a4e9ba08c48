"""The start pages and the charts of usage in a real browser: both themes, wide and narrow."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.teams.models import Team
from accounts.users.models import User
from billing.wallets.models import Wallet
from gateway_admin.api_keys import services as api_keys
from tests.browser.conftest import NARROW, WIDE
from tests.browser.test_pages import _faults
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.billing import funded_wallet
from tests.factories.marketplace import make_service
from tests.factories.statements import used

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def buyer(transactional_db: None) -> User:
    return UserFactory(email="buyer@example.org", full_name="Ada")


@pytest.fixture
def seller(transactional_db: None) -> User:
    return UserFactory(email="seller@example.org", full_name="Grace")


@pytest.fixture
def busy(buyer: User, seller: User) -> Team:
    """A customer who has used eight services of one seller for the last days."""
    now = datetime.now(UTC)
    team, shop = TeamFactory(owner=buyer), TeamFactory(seller=True, owner=seller)
    wallet = funded_wallet("100", team=team)
    Wallet.objects.filter(pk=wallet.pk).update(created_at=now - timedelta(days=30), time_zone="Europe/Vienna")
    key, _ = api_keys.issue(team=team, role="developer", name="production", by=buyer, now=now)
    for number in range(8):
        service = make_service(shop, name=f"s{number}", listing={"display_name": f"A service number {number}"})
        for back in range(0, 6, 1 + number % 3):
            used(
                wallet,
                str(Decimal(number + 2) / 3)[:6],
                now - timedelta(hours=9 * back + 1),
                service_id=service.pk,
                api_key_id=key.pk if number % 2 else None,
                path=f"/a/name-{number}" if number % 3 else "/p/x",
            )
    return team


PAGES = ["/", "/usage", "/usage?by=alias&show=calls"]
SALES_PAGES = ["/", "/seller/usage"]


@pytest.mark.parametrize(("theme", "size"), [("light", NARROW), ("dark", WIDE)], ids=["light-narrow", "dark-wide"])
@pytest.mark.parametrize("who", ["buyer", "seller"])
def test_pages_have_no_barriers(visit, busy, buyer, seller, who, theme, size):
    visitor = visit(buyer if who == "buyer" else seller, theme=theme, size=size)
    faults = {}
    for number, path in enumerate(PAGES if who == "buyer" else SALES_PAGES):
        faults[path] = _faults(visitor, path)
        if folder := os.environ.get("DASH_SHOTS"):
            visitor.page.screenshot(path=f"{folder}/{who}-{number}-{theme}-{size[0]}.png", full_page=True)

    assert {path: found for path, found in faults.items() if found} == {}
