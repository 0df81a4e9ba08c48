"""Plans, price changes and subscriptions in a real browser: both themes, wide and narrow, and a whole journey."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.teams.models import Team
from accounts.users.models import User
from billing.promotions.models import Allowance
from billing.subscriptions import services as subscriptions
from billing.subscriptions.models import Plan, Subscription
from marketplace.catalog import services as catalog
from marketplace.catalog.models import Service
from marketplace.enrollments import services as enrollments
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.billing import funded_wallet
from tests.factories.marketplace import make_service

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = "for teams-with-a-very-long-hyphenated-name-that-does-not-want-to-break-anywhere and for everybody else. " * 3
PLANS = [
    {"name": "basic", "display_name": "Basic", "monthly_fee": "10",
     "included": {"metric": "requests", "quantity": 1000}},
    {"name": "pro", "display_name": "Pro", "description": LONG.strip(), "monthly_fee": "1234.56789",
     "included": {"metric": "requests", "quantity": 250_000}},
    {"name": "flat", "display_name": "Flat", "monthly_fee": "0"},
]  # fmt: skip
OPTIONS = {"default_visibility": "public", "plans": PLANS}


@pytest.fixture
def buyer(transactional_db: None) -> User:
    return UserFactory(email="buyer@example.org", full_name="Ada")


@pytest.fixture
def team(buyer: User) -> Team:
    return funded_wallet("5000", team=TeamFactory(owner=buyer)).team


@pytest.fixture
def service(transactional_db: None) -> Service:
    return make_service(listing={"display_name": "Acme Chat", "service_options": OPTIONS})


def plan(service: Service, key: str) -> Plan:
    return Plan.objects.get(service_id=service.pk, key=key, withdrawn_at=None)


@pytest.fixture
def pages(buyer: User, team: Team, service: Service) -> list[str]:
    """The addresses of the pages, in every state that a plan can be in."""
    now = timezone.now()
    found = ["/subscriptions", f"/enrollments/new/{service.pk}", f"/market/{service.name}?tab=pricing"]
    mine = {}
    for state in ("active", "cancelled", "unpaid", "suspended", "changes", "withdrawn", "none"):
        chosen = None if state == "none" else plan(service, "basic").pk
        start = now - timedelta(days=45) if state in {"unpaid", "suspended"} else now - timedelta(days=10)
        enrollment = enrollments.enroll(team=team, service=service, by=buyer, parameters={}, now=start, plan_id=chosen)
        mine[state] = Subscription.objects.filter(enrollment_id=enrollment.pk).first()
        found += [f"/enrollments/{enrollment.pk}", f"/enrollments/{enrollment.pk}/plan"]
    Allowance.objects.filter(fee__subscription=mine["active"]).update(used=Decimal(733))
    Allowance.objects.filter(fee__subscription=mine["cancelled"]).update(used=Decimal(1000))
    subscriptions.cancel(subscription_id=mine["cancelled"].pk, now=now)
    Subscription.objects.filter(pk__in=[mine["unpaid"].pk, mine["suspended"].pk]).update(
        status="past_due", unpaid_since=now, unpaid_amount=10, grace_ends_at=now + timedelta(days=2)
    )
    Subscription.objects.filter(pk=mine["suspended"].pk).update(status="suspended")
    Subscription.objects.filter(pk=mine["changes"].pk).update(
        notice_plan=plan(service, "pro"), notice_ends_at=now + timedelta(days=30)
    )
    Subscription.objects.filter(pk=mine["withdrawn"].pk).update(notice_ends_at=now + timedelta(days=30))
    price = {"type": "one_million_tokens", "input": "1.50", "output": "2.00"}
    catalog.set_price(service=service, price=price, now=now)
    enrollments.follow_price(enrollment_id=mine["active"].enrollment_id, now=now)
    return [*found, "/enrollments"]


class TestEveryPage:
    def test_of_a_customer_has_no_barriers(self, visit, buyer, pages):
        visitor = visit(user=buyer)

        found = {path: visitor.faults(path) for path in pages}

        assert {path: faults for path, faults in found.items() if faults} == {}

    def test_of_a_seller_has_no_barriers(self, visit, buyer):
        seller = TeamFactory(seller=True, owner=buyer)
        service = make_service(seller, listing={"service_options": OPTIONS})
        visitor = visit(user=buyer)

        assert visitor.faults(f"/seller/services/{service.pk}") == []


class TestAJourney:
    @pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
    def test_from_a_plan_to_a_larger_one_to_the_end_and_back(self, visit, buyer, team, service, scripts):
        visitor = visit(user=buyer, scripts=scripts)
        page = visitor.go(f"/enrollments/new/{service.pk}")
        page.get_by_role("radio", name="Basic").check()
        page.get_by_role("button", name="Accept and enroll").click()
        expect(page.get_by_text("0 of 1,000 requests (0 %)")).to_be_visible()

        page.get_by_role("link", name="Change plan").click()
        page.get_by_role("button", name="Upgrade now").click()
        expect(page.get_by_text("Your plan is Pro.")).to_be_visible()

        page.get_by_role("button", name="End enrollment").click()
        page.get_by_role("dialog").get_by_role("button", name="End enrollment").click()
        expect(page.get_by_text("The plan ends on")).to_be_visible()

        page.get_by_role("button", name="Undo the cancellation").click()
        expect(page.get_by_text("Your plan goes on.")).to_be_visible()
        assert Subscription.objects.get().plan.key == "pro"
