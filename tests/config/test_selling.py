"""The start page of a seller."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.teams.models import Team
from billing.wallets.models import Wallet
from config import selling
from marketplace.catalog.models import UploadTask
from marketplace.testing.models import TestRun
from tests.factories.accounts import TeamFactory
from tests.factories.billing import funded_wallet
from tests.factories.marketplace import make_service
from tests.factories.statements import used
from tests.factories.visitors import visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller() -> Team:
    return TeamFactory(seller=True)


@pytest.fixture
def wallet() -> Wallet:
    return funded_wallet("100")


def tasks(seller: Team) -> list[str]:
    return [f"{each.count} {each.words}" for each in selling.context(team=seller, now=timezone.now())["tasks"]]


def ran(service: object, fail_count: int, ago: int) -> None:
    at = timezone.now() - timedelta(hours=ago)
    TestRun.objects.create(
        service=service,
        purpose="monitoring",
        status="completed",
        content_hash="x",
        snapshot_status="active",
        requested_at=at,
        finished_at=at,
        fail_count=fail_count,
    )


class TestTasks:
    def test_are_the_services_that_stand_somewhere_on_their_way(self, seller):
        for status in ("draft", "draft", "review", "rejected", "active"):
            make_service(seller, status=status)
        make_service(status="draft")  # of a stranger

        assert tasks(seller) == ["1 service rejected, to mend", "2 drafts to submit", "1 service in review"]

    def test_begin_with_what_is_urgent(self, seller):
        failing, mended = make_service(seller), make_service(seller)
        ran(failing, 0, ago=3)
        ran(failing, 2, ago=1)
        ran(mended, 2, ago=3)
        ran(mended, 0, ago=1)
        make_service(seller, status="draft")
        UploadTask.objects.create(seller=seller, key="k", payload={}, status="failed")

        assert tasks(seller) == [
            "1 service on sale with failing tests",
            "1 draft to submit",
            "1 failed upload in the last seven days",
        ]

    def test_may_be_none(self, seller):
        make_service(seller)

        assert tasks(seller) == []
        assert "Nothing waits for you" in visitor(seller).get("/").content.decode()


class TestNumbers:
    def test_are_those_of_all_customers_in_thirty_days(self, seller, wallet):
        service, now = make_service(seller), timezone.now()
        used(wallet, 3, now - timedelta(days=1), service_id=service.pk)
        used(funded_wallet("10"), 2, now - timedelta(days=29), service_id=service.pk)
        used(wallet, 5, now - timedelta(days=31), service_id=service.pk)
        used(wallet, 1, now, service_id=service.pk, status=503)
        used(wallet, 7, now, service_id=make_service().pk)

        (sold,) = selling.context(team=seller, now=now)["sold"]

        assert (sold.currency, sold.requests, sold.failures, sold.paid) == ("USD", 2, 1, Decimal(5))

    def test_lead_somewhere_while_nothing_is_for_sale(self, seller):
        page = visitor(seller).get("/").content.decode()

        assert "Nothing for sale yet" in page
        assert "/seller/services/upload" in page

    def test_cost_the_same_however_many_there_are(self, seller, wallet, django_assert_max_num_queries):
        client, now = visitor(seller), timezone.now()
        used(wallet, 1, now, service_id=make_service(seller).pk)
        with CaptureQueriesContext(connection) as few:
            client.get("/")
        for number in range(5):
            used(wallet, 1, now, service_id=make_service(seller, status="active" if number % 2 else "draft").pk)

        assert len(few) <= 12
        with django_assert_max_num_queries(len(few)):
            client.get("/")
