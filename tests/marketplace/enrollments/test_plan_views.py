"""The pages of plans: what members see and do, what viewers and others do not."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.teams.models import Role
from billing.subscriptions.models import Subscription
from marketplace.enrollments.models import Enrollment
from tests.factories.accounts import TeamFactory
from tests.factories.billing import funded_wallet
from tests.factories.visitors import HTMX, visitor
from tests.marketplace.enrollments.test_plans import BASIC, PRO, enroll, plan_of, with_plans

pytestmark = pytest.mark.django_db


@pytest.fixture
def buyer(db):
    return funded_wallet("30").team


@pytest.fixture
def service(db):
    return with_plans(BASIC, PRO)


def address(enrollment, view="plan"):
    return reverse(f"enrollments:{view}", args=[enrollment.pk])


class TestEnrollForm:
    def test_subscribes_to_the_plan_that_is_chosen(self, buyer, service):
        url = reverse("enrollments:create", args=[service.pk])
        assert "10.00 USD a month, with 100 requests included." in visitor(buyer).get(url).content.decode()

        visitor(buyer).post(url, {"plan": str(plan_of(service).pk), "price": str(service.list_price_id)})

        assert Subscription.objects.get().plan.key == "basic"

    def test_says_what_is_missing_and_where_to_top_up(self, buyer, service):
        url = reverse("enrollments:create", args=[service.pk])

        refused = visitor(buyer).post(url, {"plan": str(plan_of(service, "pro").pk)}, headers=HTMX)

        assert refused.status_code == 422
        assert "lacks 10 USD" in refused.content.decode()
        assert 'href="/wallet"' in refused.content.decode()
        assert not Enrollment.objects.exists()


class TestPlans:
    def test_an_upgrade_without_money_is_refused_with_the_form(self, buyer, service):
        enrollment = enroll(buyer, service, plan_of(service), now=timezone.now())

        refused = visitor(buyer).post(address(enrollment), {"plan": str(plan_of(service, "pro").pk)}, headers=HTMX)

        assert refused.status_code == 422
        assert "The plan was not changed" in refused.content.decode()
        assert Subscription.objects.get().plan.key == "basic"

    def test_a_viewer_may_not_change_anything(self, buyer, service):
        enrollment = enroll(buyer, service, plan_of(service))

        for view in ("plan", "plan_cancel", "plan_undo", "plan_accept", "plan_pay", "price_accept"):
            assert visitor(buyer, Role.VIEWER).post(address(enrollment, view)).status_code == 403, view

        assert Subscription.objects.get().cancels_at is None

    def test_of_somebody_else_are_not_found(self, buyer, service):
        enrollment = enroll(buyer, service, plan_of(service))

        assert visitor(TeamFactory()).get(address(enrollment)).status_code == 404


class TestSubscriptions:
    def test_cost_the_same_for_one_as_for_many(self, buyer, service, django_assert_max_num_queries):
        enroll(buyer, service, plan_of(service))
        enroll(buyer, service, plan_of(service))
        client = visitor(buyer)
        with django_assert_max_num_queries(9):
            page = client.get("/subscriptions").content.decode()
        assert page.count("10.00 USD</data>") >= 2
