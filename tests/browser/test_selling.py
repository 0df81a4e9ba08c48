"""What sellers do and others decide, see or pay: a service on the market, a promotion, a payout."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.teams.models import Team
from billing.payouts import services as payouts
from billing.rating import services as rating
from tests.browser.test_dashboards import as_file
from tests.factories.accounts import TeamFactory, UserFactory, owner_of
from tests.factories.billing import funded_wallet, price_version, ship, usage_event
from tests.factories.marketplace import files, make_service
from tests.factories.payouts import owed
from tests.fakes.stripe.fixtures import _stripe_server, stripe, stripe_processor

__all__ = ["_stripe_server", "stripe", "stripe_processor"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
QUARTER_OFF = {
    "name": "Autumn sale",
    "pricing": {"type": "multiply", "factor": "0.75"},
    "scope": {"customers": {"code": "{{ promotion_code(8) }}"}, "services": ["acme/chat"]},
}


@pytest.fixture
def seller(transactional_db: None) -> Team:
    return TeamFactory(seller=True, name="acme-corp")


@pytest.fixture
def buyer(transactional_db: None) -> Team:
    return TeamFactory(name="buyer")


class TestService:
    def test_goes_from_the_sellers_files_over_the_operator_to_the_market(self, visit, seller):
        made = files("acme", "chat")
        parts = {"provider": made.provider, "offering": made.offering, "listing": made.listing}
        page = visit(owner_of(seller)).go("/seller/services/upload")
        page.get_by_label("Files", exact=True).set_input_files([as_file(*each) for each in parts.items()])
        page.get_by_role("button", name="Upload").click()
        page.get_by_role("button", name="Submit for review").click()
        expect(page.locator("#messages")).to_be_visible()
        address, visitor = page.url, visit()
        expect(visitor.go("/market").locator(".market-card")).to_have_count(0)

        admin = visit(UserFactory(operator=True)).go("/admin/catalog/service/?status__exact=review")
        admin.get_by_role("link", name="Review", exact=True).click()
        expect(admin.get_by_text("acme/chat").first).to_be_visible()
        admin.get_by_role("button", name="Approve").click()
        expect(admin.get_by_text("is now active")).to_be_visible()

        expect(visitor.go("/market").get_by_role("link", name="Acme Chat")).to_be_visible()
        page.goto(address)
        expect(page.get_by_role("main")).to_contain_text("Active")


class TestPromotion:
    def test_is_made_by_a_seller_redeemed_by_a_customer_and_lowers_what_a_call_costs(self, visit, seller, buyer):
        service, wallet = make_service(seller, namespace="acme"), funded_wallet("100", team=buyer)
        page = visit(owner_of(seller)).go("/seller/promotions")
        page.get_by_role("link", name="Upload a promotion").first.click()
        page.get_by_label("Or write it here").fill(json.dumps(QUARTER_OFF))
        page.get_by_role("button", name="Upload", exact=True).click()
        page.get_by_role("button", name="Activate").click()
        expect(page.get_by_text("lowers the price of calls from now on")).to_be_visible()
        code = page.locator("dd .mono").inner_text()

        customer = visit(owner_of(buyer))
        page = customer.go("/market/acme/chat?tab=pricing")
        expect(page.get_by_text("Autumn sale")).to_have_count(0)
        customer.go("/promotions")
        page.get_by_label("Promotion code").fill(code)
        page.get_by_role("button", name="Redeem").click()
        expect(page.get_by_role("region", name="Active for you")).to_contain_text("25 % off")
        customer.go("/market/acme/chat?tab=pricing")
        expect(page.get_by_role("listitem").filter(has_text="Autumn sale")).to_contain_text("25 % off")

        now = timezone.now()
        called = usage_event(
            wallet,
            price_version(),
            service_id=service.pk,
            usage={"output_tokens": 10},
            started_at=now,
            finished_at=now,
        )
        ship(called)
        rating.settle(limit=1)
        customer.go(f"/wallet/charges/{called.event_id}")
        amounts = page.get_by_role("table", name="From the list price to what was charged").locator("data")
        shown = [each.get_attribute("value") for each in amounts.all()]
        assert [float(value) for value in shown] == [10, 2.5, 7.5, 7.5]


class TestPayout:
    def test_is_asked_for_sent_and_listed(self, visit, seller, stripe, stripe_processor):
        now = timezone.now()
        account = payouts.connect(
            seller=seller, country="US", email="s@example.org", processor=stripe_processor, now=now
        ).processor_account
        stripe.complete_account(account)
        payouts.refresh_account(seller=seller, processor=stripe_processor, now=now)
        stripe.fund(100_000)
        owed(seller, "70.005")
        page = visit(owner_of(seller)).go("/seller/payouts")
        payable = page.get_by_test_id("payable").locator("data")
        expect(payable).to_have_attribute("value", "70.005000000000")

        page.get_by_role("button", name="Pay out", exact=True).first.click()
        dialog = page.get_by_role("dialog", name="Pay out now?")
        expect(dialog).to_contain_text("70.00 USD")
        dialog.get_by_role("button", name="Pay out").click()

        line = page.get_by_role("table", name="Payouts so far").get_by_role("row").nth(1)
        expect(line).to_contain_text("Sent")
        expect(line).to_contain_text("70.00 USD")
        (transfer,) = stripe.objects("transfer")
        assert (transfer["amount"], transfer["destination"]) == (7000, account)
        expect(line).to_contain_text(transfer["id"])
