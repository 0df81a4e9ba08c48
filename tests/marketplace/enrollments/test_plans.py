"""Enrollments with a plan: chosen when enrolling, paused when unpaid, ended with the month that is paid."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.promotions.models import Allowance
from billing.subscriptions import queries as billing
from billing.subscriptions import services as subscriptions
from billing.subscriptions.models import Plan, Subscription
from billing.wallets import services as wallets
from billing.wallets.models import Wallet
from common import ports
from domain.routing.snapshot import CUSTOMER, CustomerRecord
from gateway_admin.publishing.models import PublishedRecord
from marketplace.catalog import services as catalog
from marketplace.enrollments import services as enrollments
from marketplace.enrollments.models import Enrollment
from tests.factories.accounts import TeamFactory, owner_of
from tests.factories.billing import funded_wallet, usd
from tests.factories.marketplace import NOON, files, make_service, upload

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
BASIC = {"name": "basic", "monthly_fee": "10", "included": {"metric": "requests", "quantity": 100}}
PRO = {"name": "pro", "display_name": "Pro", "monthly_fee": "40", "included": {"metric": "requests", "quantity": 1000}}


@pytest.fixture
def wallet(db):
    return funded_wallet("100")


@pytest.fixture
def buyer(wallet):
    return wallet.team


def with_plans(*plans, required=False, seller=None, **listing):
    options = {"default_visibility": "public", "plans": list(plans), "plan_required": required}
    return make_service(seller, listing={"service_options": options, **listing})


def plan_of(service, key="basic"):
    return Plan.objects.get(service_id=service.pk, key=key, withdrawn_at=None)


def enroll(team, service, plan=None, now=NOON):
    return enrollments.enroll(
        team=team, service=service, by=owner_of(team), parameters={}, now=now, plan_id=plan and plan.pk
    )


def published(team) -> CustomerRecord:
    return CUSTOMER.decode(PublishedRecord.objects.get(kind="customer", key=str(team.pk)).body)


class TestPlansOfAService:
    def test_are_offered_when_it_is_approved_and_not_before(self):
        service = upload(TeamFactory(seller=True), files(listing={"service_options": {"plans": [BASIC, PRO]}})).service
        assert not Plan.objects.exists()

        service = make_service(listing={"service_options": {"plans": [BASIC, PRO]}})

        assert [each.key for each in billing.offered_plans(service_id=service.pk)] == ["basic", "pro"]


class TestEnroll:
    def test_with_a_plan_takes_its_fee_and_covers_calls(self, buyer, django_capture_on_commit_callbacks):
        service = with_plans(BASIC, PRO)

        enrollment = enroll(buyer, service, plan_of(service, "pro"))

        assert Wallet.objects.get().settled == 60
        assert Subscription.objects.get().enrollment_id == enrollment.pk
        assert Allowance.objects.get().enrollment_id == enrollment.pk
        assert enrollment.price == service.list_price

    def test_without_a_plan_pays_for_each_call(self, buyer):
        enroll(buyer, with_plans(BASIC))

        assert not Subscription.objects.exists()
        assert Wallet.objects.get().settled == 100

    def test_without_a_plan_is_refused_where_one_is_required(self, buyer):
        with pytest.raises(enrollments.PlanRequired):
            enroll(buyer, with_plans(BASIC, required=True))

    def test_without_money_for_the_first_month_is_refused_as_a_whole(self, db):
        team = funded_wallet("3").team
        service = with_plans(BASIC)

        with pytest.raises(subscriptions.FeeUnaffordable, match="lacks 7 USD"):
            enroll(team, service, plan_of(service))

        assert not Enrollment.objects.exists()

    def test_with_a_plan_that_changed_meanwhile_is_refused(self, buyer):
        service = with_plans(BASIC)
        shown = plan_of(service)
        subscriptions.offer(service_id=service.pk, currency="USD", terms=[], now=NOON)

        with pytest.raises(subscriptions.PlanNotOffered):
            enroll(buyer, service, shown)

    def test_in_a_service_that_is_paid_by_the_month_subscribes_and_makes_calls_free(self, buyer):
        service = make_service(listing={"list_price": {"type": "one_month", "price": "9.00"}})

        enrollment = enroll(buyer, service)

        assert Wallet.objects.get().settled == 91
        assert (enrollment.price.price["type"], enrollment.price.price["price"]) == ("constant", "0")
        assert service.requires_enrollment


class TestCoveredCalls:
    def test_are_known_to_the_gateway_until_the_month_ends(self, buyer):
        service = with_plans(BASIC)
        now = timezone.now()
        enrollment = enroll(buyer, service, plan_of(service), now=now)

        (record,) = published(buyer).enrollments
        assert record.covered_until == Subscription.objects.get().ends_at.timestamp()
        assert record.is_covered(now.timestamp())
        assert not record.is_covered(record.covered_until)
        assert record.id == str(enrollment.pk)

    def test_end_when_the_quota_is_used_up(self, buyer):
        service = with_plans(BASIC)
        enroll(buyer, service, plan_of(service), now=timezone.now())
        Allowance.objects.update(used=100)
        ports.publish("customer", str(buyer.pk))

        assert published(buyer).enrollments[0].covered_until is None

    def test_are_not_those_of_a_metric_that_a_call_may_do_without(self, buyer):
        images = {"name": "images", "monthly_fee": "1", "included": {"metric": "images_generated", "quantity": 5}}
        service = with_plans(images)
        enroll(buyer, service, plan_of(service, "images"), now=timezone.now())

        assert published(buyer).enrollments[0].covered_until is None

    def test_are_not_those_of_other_enrollments(self, buyer):
        service = with_plans(BASIC)
        enroll(buyer, service, plan_of(service), now=timezone.now())
        enroll(buyer, service, now=timezone.now())

        assert [each.covered_until is not None for each in published(buyer).enrollments] == [True, False]


class TestUnpaid:
    @pytest.fixture
    def enrollment(self, db):
        wallet = funded_wallet("10")
        service = with_plans(BASIC)
        return enroll(wallet.team, service, plan_of(service))

    def renew(self, now):
        return subscriptions.renew(subscription_id=Subscription.objects.get().pk, now=now)

    def test_calls_go_on_in_the_grace_and_are_refused_with_a_sentence_afterwards(self, enrollment):
        ends_at = Subscription.objects.get().ends_at
        self.renew(ends_at)
        assert published(enrollment.team).enrollments[0].paused == ""

        self.renew(ends_at + 3 * DAY)

        enrollment.refresh_from_db()
        assert enrollment.status == "paused"
        told = published(enrollment.team).enrollments[0].paused
        assert enrollment.code in told
        assert "Top up" in told

    def test_calls_go_on_when_it_is_paid(self, enrollment):
        ends_at = Subscription.objects.get().ends_at
        self.renew(ends_at)
        self.renew(ends_at + 3 * DAY)
        wallets.credit(
            wallet=Wallet.objects.get(), amount=usd("10"), kind="payment", key="x", note="", by=None, now=NOON
        )

        self.renew(ends_at + 9 * DAY)

        enrollment.refresh_from_db()
        assert enrollment.status == "active"
        assert published(enrollment.team).enrollments[0].paused == ""


class TestCancel:
    def test_of_an_enrollment_with_a_plan_takes_effect_with_the_end_of_the_month(self, buyer):
        service = with_plans(BASIC)
        enrollment = enroll(buyer, service, plan_of(service))

        left = enrollments.cancel(enrollment=enrollment, now=NOON + DAY)

        ends_at = Subscription.objects.get().ends_at
        assert left.status == "active"
        assert Subscription.objects.get().cancels_at == ends_at
        subscriptions.renew(subscription_id=Subscription.objects.get().pk, now=ends_at)
        enrollment.refresh_from_db()
        assert enrollment.status == "cancelled"
        assert published(buyer).enrollments == ()
        assert Wallet.objects.get().settled == 90

    def test_of_the_plan_alone_leaves_the_enrollment_at_the_price_per_call(self, buyer):
        service = with_plans(BASIC)
        enrollment = enroll(buyer, service, plan_of(service))
        subscription = Subscription.objects.get()
        subscriptions.cancel(subscription_id=subscription.pk, keeps_enrollment=True, now=NOON)

        subscriptions.renew(subscription_id=subscription.pk, now=subscription.ends_at)

        enrollment.refresh_from_db()
        assert enrollment.status == "active"
        again = enrollments.subscribe(enrollment=enrollment, plan_id=plan_of(service).pk, now=subscription.ends_at)
        assert again.plan.key == "basic"


class TestSellersChange:
    def test_of_a_plan_in_a_revision_is_announced_to_its_subscribers(
        self, buyer, mailoutbox, django_capture_on_commit_callbacks
    ):
        seller = TeamFactory(seller=True)
        service = make_service(seller, namespace="acme", listing={"service_options": {"plans": [BASIC]}})
        enroll(buyer, service, plan_of(service))
        with django_capture_on_commit_callbacks(execute=True):
            catalog.set_price(service=service, price={"type": "constant", "price": "0"}, now=NOON)
            dearer = {**BASIC, "monthly_fee": "12"}
            revision = upload(seller, files("acme", listing={"service_options": {"plans": [dearer]}})).service
            catalog.enable_testing(service=revision, by=None, now=NOON)
            revision.status = "review"
            revision.save()
            catalog.approve(service=revision, by=None, now=NOON)

        subscription = Subscription.objects.get()
        assert (subscription.plan.version, subscription.notice_plan.version) == (1, 2)
        assert any("changes" in each.subject for each in mailoutbox)
        assert Decimal(12) == plan_of(service).fee


def test_a_promotion_for_subscribers_finds_their_plans(buyer):
    service = with_plans(BASIC)
    enroll(buyer, service, plan_of(service))

    assert billing.plans_of([buyer.pk]) == {buyer.pk: frozenset({"basic"})}
