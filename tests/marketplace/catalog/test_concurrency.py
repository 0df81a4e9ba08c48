"""What happens when two do the same at once. Transactions really commit here."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from common.errors import DomainError
from marketplace.catalog import services
from marketplace.catalog.models import Provider, Service, UploadTask
from marketplace.catalog.services import uploads
from tests.factories.accounts import TeamFactory
from tests.factories.marketplace import NOON, as_payload, files, make_service, upload

pytestmark = pytest.mark.usefixtures("transactional_db")


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run calls in threads that start together; return what each gave or raised, in order."""
    start, outcomes = threading.Barrier(len(calls)), [None] * len(calls)

    def run(index: int, call: Callable[[], Any]) -> None:
        start.wait()
        try:
            outcomes[index] = call()
        except DomainError as error:
            outcomes[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return outcomes


class TestTwoUploads:
    def test_of_one_name_make_one_service(self):
        seller = TeamFactory(seller=True)

        outcomes = at_once(*[lambda: upload(seller).outcome] * 4)

        assert sorted(outcomes) == ["created", "unchanged", "unchanged", "unchanged"]
        assert Service.objects.count() == 1

    def test_of_different_content_keep_one_of_them_whole(self):
        seller = TeamFactory(seller=True)
        contents = [files(offering={"description": text}, listing={"display_name": text}) for text in ("One", "Two")]

        outcomes = at_once(*[lambda content=content: upload(seller, content).outcome for content in contents])

        service = Service.objects.get()
        assert sorted(outcomes) == ["created", "updated"]
        assert service.offering.description == service.listing.display_name

    def test_to_a_live_service_make_one_revision(self):
        seller = TeamFactory(seller=True)
        make_service(seller, namespace="acme")

        at_once(*[lambda text=text: upload(seller, files(offering={"description": text})) for text in "abcd"])

        assert Service.objects.filter(revision_of__isnull=False).count() == 1

    def test_of_one_provider_by_two_sellers_give_it_to_one(self):
        sellers = [TeamFactory(seller=True) for _ in range(3)]

        outcomes = at_once(*[lambda seller=seller: upload(seller).outcome for seller in sellers])

        refused = [outcome for outcome in outcomes if isinstance(outcome, DomainError)]
        assert len(refused) == 2
        assert all("belongs to another seller" in error.message for error in refused)
        assert Provider.objects.count() == Service.objects.count() == 1


class TestTwoApprovals:
    def test_of_one_address_let_one_through(self):
        shared = {"listing": {"user_access_interfaces": {"s": {"base_url": "${API_GATEWAY_BASE_URL}/one-path"}}}}
        waiting = [make_service(status="review", **shared) for _ in range(3)]

        at_once(*[lambda each=each: services.approve(service=each, by=None, now=NOON) for each in waiting])

        assert sorted(Service.objects.values_list("status", flat=True)) == ["active", "review", "review"]


class TestTwoWorkers:
    def test_ingest_an_upload_once(self):
        seller = TeamFactory(seller=True)
        task = UploadTask.objects.create(seller=seller, key="once", payload=as_payload(files()))

        at_once(*[lambda: uploads.run(task_id=str(task.pk), now=NOON)] * 3)

        task.refresh_from_db()
        assert task.status == "completed"
        assert Service.objects.get().status_changes.count() == 1
