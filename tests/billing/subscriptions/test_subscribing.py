"""The first month: paid at once, with its quota, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from billing.promotions.models import Allowance
from billing.rating.verification import verify
from billing.subscriptions import queries, services
from billing.subscriptions.models import Fee, Plan, Subscription
from billing.wallets.models import Wallet, WalletEntry
from tests.factories.billing import funded_wallet
from tests.factories.subscriptions import NOON, make_plan, make_subscription, offer, terms

pytestmark = pytest.mark.django_db


class TestSubscribe:
    def test_takes_the_first_fee_and_grants_the_quota_of_a_month(self, buyer, wallet):
        subscription = make_subscription(buyer, make_plan(fee="10", quantity=1000))

        assert (subscription.starts_at, subscription.ends_at) == (NOON, datetime(2026, 12, 21, 12, tzinfo=UTC))
        assert Wallet.objects.get().settled == 90
        entry = WalletEntry.objects.get(wallet=wallet, delta__lt=0)
        assert (entry.delta, entry.transaction.kind) == (Decimal(-10), "fee")
        allowance = Allowance.objects.get()
        assert (allowance.included, allowance.metric) == (1000, "requests")
        assert (allowance.starts_at, allowance.ends_at) == (NOON, subscription.ends_at)
        assert verify() == []

    def test_without_money_names_what_is_missing_and_takes_nothing(self, db):
        wallet = funded_wallet("4.25")

        with pytest.raises(services.FeeUnaffordable) as refused:
            make_subscription(wallet.team, make_plan(fee="10"))

        assert "lacks 5.75 USD" in refused.value.message
        assert "Top up" in refused.value.message
        assert (Subscription.objects.count(), Fee.objects.count(), Allowance.objects.count()) == (0, 0, 0)
        assert Wallet.objects.get().settled == Decimal("4.25")

    def test_may_use_the_credit_limit(self, db):
        wallet = funded_wallet("4", credit_limit="6")

        make_subscription(wallet.team, make_plan(fee="10"))

        assert Wallet.objects.get().settled == -6

    def test_a_free_plan_moves_no_money_and_grants_its_quota(self, db):
        wallet = funded_wallet("0")

        make_subscription(wallet.team, make_plan(fee="0", quantity=50))

        assert Fee.objects.get().transaction is None
        assert Allowance.objects.get().included == 50
        assert verify() == []

    def test_a_plan_without_a_quota_grants_none(self, buyer):
        make_subscription(buyer, make_plan(quantity=0))

        assert Allowance.objects.count() == 0
        assert verify() == []

    def test_an_enrollment_has_one_plan(self, buyer):
        plan, enrollment = make_plan(), uuid4()
        make_subscription(buyer, plan, enrollment_id=enrollment)

        with pytest.raises(services.AlreadySubscribed):
            make_subscription(buyer, plan, enrollment_id=enrollment)

        assert Fee.objects.count() == 1

    def test_quotas_are_per_enrollment(self, buyer):
        plan = make_plan()
        first, second = make_subscription(buyer, plan), make_subscription(buyer, plan)

        found = {each.enrollment_id for each in Allowance.objects.all()}
        assert found == {first.enrollment_id, second.enrollment_id}

    def test_a_plan_that_changed_meanwhile_is_refused(self, buyer):
        plan = make_plan()
        offer(plan.service_id, terms(fee="12"))

        with pytest.raises(services.PlanNotOffered):
            make_subscription(buyer, plan)

    def test_a_plan_of_another_service_is_refused(self, buyer):
        with pytest.raises(services.PlanNotOffered):
            services.subscribe(team=buyer, service_id=uuid4(), enrollment_id=uuid4(), plan=make_plan(), now=NOON)


class TestOffer:
    def test_makes_a_version_for_each_change_and_none_for_the_same(self, db):
        service = uuid4()
        first = offer(service, terms(fee="10"))[0]
        same = offer(service, terms(fee="10"))[0]
        second = offer(service, terms(fee="11"))[0]

        assert same == first
        assert (second.version, Plan.objects.get(pk=first.pk).withdrawn_at) == (2, NOON)
        assert list(queries.offered_plans(service_id=service)) == [second]

    def test_a_version_is_never_changed_not_even_by_sql(self, db):
        plan = make_plan()

        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            Plan.objects.filter(pk=plan.pk).update(fee=1)
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            plan.delete()

    def test_a_fee_is_never_changed_not_even_by_sql(self, buyer):
        make_subscription(buyer)

        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            Fee.objects.update(number=7)
