"""The pages of statements in a real browser: both themes, wide and narrow, a download, without scripts."""

from __future__ import annotations

from uuid import UUID

import pytest

from accounts.teams.models import Team
from accounts.users.models import User
from billing.ledger.models import TransactionKind
from billing.statements import services as statements
from billing.statements.models import Statement
from billing.statements.services import closing
from common import ports
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.statements import CHAT, IMAGES, at, closed, moved, opened, used

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = ("/statements", "/statements/2026-000002", "/statements/so-far", "/statements/billing-details")


@pytest.fixture
def buyer(transactional_db: None) -> User:
    return UserFactory(email="buyer@example.org", full_name="Ada")


@pytest.fixture
def team(buyer: User) -> Team:
    return TeamFactory(owner=buyer, display_name="A team with quite a long name, to see what breaks")


@pytest.fixture
def months(team: Team, monkeypatch: pytest.MonkeyPatch) -> list[Statement]:
    """September and October, of which the second has usage that came late and is rendered."""
    monkeypatch.setattr(closing.jobs, "enqueue", lambda *_, **__: None)
    names: dict[UUID, str] = {CHAT: "Acme Chat", IMAGES: "A service with quite a long name that nobody would type " * 2}
    monkeypatch.setattr(ports.service_names, "_function", lambda ids: {each: names[each] for each in ids})
    wallet = opened(team, at("2026-09-10 12:00"))
    moved(wallet, "50", TransactionKind.TOP_UP, at("2026-09-10 12:00"), "Visa ending in 4242")
    used(wallet, "2.0004", at("2026-09-11 12:00"))
    found = closed(wallet, at("2026-10-02 12:00"))
    used(wallet, "1.123456789012", at("2026-09-12 12:00"))
    used(wallet, "0.004", at("2026-10-12 12:00"), service_id=IMAGES, usage={"images": 3}, channel="fast")
    used(wallet, "4", at("2026-10-12 12:00"))
    moved(wallet, "-5", TransactionKind.REFUND, at("2026-10-13 12:00"), "Asked for by the customer")
    found += closed(wallet, at("2026-11-02 12:00"))
    used(wallet, "3", at("2026-11-11 12:00"))
    statements.render(statement=found[1], now=at("2026-11-02 12:00"))
    return found


class TestPages:
    def test_have_no_barriers_no_complaints_and_fit(self, visit, buyer, months):
        visitor = visit(user=buyer)

        assert {path: found for path in PAGES if (found := visitor.faults(path))} == {}

    def test_tell_what_statements_are_when_there_is_none(self, visit, buyer, team):
        visitor = visit(user=buyer)

        assert visitor.faults("/statements") == []

    def test_hand_out_the_pdf_without_scripts(self, visit, buyer, months):
        page = visit(user=buyer, scripts=False).go("/statements/2026-000002")

        with page.expect_download() as download:
            page.get_by_role("link", name="PDF").click()

        assert download.value.suggested_filename == "statement-2026-000002.pdf"

    def test_take_billing_details_and_keep_what_was_typed(self, visit, buyer, team):
        page = visit(user=buyer).go("/statements/billing-details")
        page.get_by_label("Name or company").fill("Buyer GmbH")
        page.get_by_role("button", name="Save").click()
        page.get_by_text("This field is required").first.wait_for()
        assert page.get_by_label("Name or company").input_value() == "Buyer GmbH"

        page.get_by_label("Address").fill("Ring 1\n1010 Wien")
        page.get_by_label("Country").select_option("AT")
        page.get_by_role("button", name="Save").click()

        page.get_by_text("Your next statement is addressed to it.").wait_for()
