"""The pages of wallets and payments in both themes, wide and narrow; and a payment, from the form to the wallet."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.teams.models import Team
from billing.payments.models import TopUp
from billing.payments.services import attending
from tests.factories.accounts import TeamFactory, owner_of
from tests.factories.payments import pay, spend, stand, wallet_with_card
from tests.fakes.stripe.fixtures import _stripe_server, stripe, stripe_processor

__all__ = ["_stripe_server", "stripe", "stripe_processor"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def buyer(transactional_db, stripe, stripe_processor, settings) -> Team:
    """A team with money, a history, two cards, and a standing order that has stopped."""
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {**policy, "form-action": ["'self'", stripe.url]}}
    team = TeamFactory(name="buyer")
    wallet, card = wallet_with_card(stripe, stripe_processor, team=team)
    _, failing = wallet_with_card(stripe, stripe_processor, "pm_card_chargeCustomerFail", team=team)
    pay(stripe_processor, wallet, "25", card, now=timezone.now())
    spend(wallet, "21.50")
    stand(wallet, failing)
    attending.attend(wallet_id=wallet.pk, processor=stripe_processor, now=timezone.now())
    return team


PAGES = ["/wallet", "/wallet/transactions", "/wallet/top-up", "/wallet/auto-top-up", "/wallet/cards", "/wallet/refund"]


class TestPages:
    def test_have_no_barriers_and_fit(self, visit, buyer):
        visitor = visit(user=owner_of(buyer))
        paths = [*PAGES, f"/wallet/top-ups/{TopUp.objects.latest('started_at').pk}"]

        assert {path: faults for path in paths if (faults := visitor.faults(path))} == {}


class TestPayment:
    @pytest.mark.parametrize("scripts", [True, False])
    def test_goes_from_the_form_over_the_processors_page_into_the_wallet(self, visit, buyer, scripts):
        visitor = visit(user=owner_of(buyer), scripts=scripts)
        page = visitor.go("/wallet/top-up")

        page.get_by_label("Amount in USD").fill("30")
        page.get_by_label("Another card").check()
        page.get_by_role("button", name="Pay").click()
        page.locator("[name=number]").fill("4242 4242 4242 4242")
        page.locator("[name=expiry]").fill("12/34")
        page.locator("button[value=pay], button:has-text('Pay')").first.click()

        page.get_by_text("is in the wallet").wait_for()
        assert "/wallet/top-ups/" in page.url
        assert visitor.complaints == []
