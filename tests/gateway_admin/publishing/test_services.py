"""Published records: compiled in the transaction of the change, told by a feed that misses nothing."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from accounts.teams import services as teams
from gateway.stores.postgres import Database, PostgresRecords
from gateway_admin.aliases import services as aliases
from gateway_admin.collections import services as collections
from gateway_admin.publishing import queries
from gateway_admin.publishing.models import PublishedRecord
from gateway_admin.publishing.services import publish
from gateway_admin.secrets import services as secrets
from marketplace.catalog import services as catalog
from tests.databases import address
from tests.factories.accounts import TeamFactory
from tests.factories.marketplace import make_service

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def feed(since: int) -> tuple[dict[tuple[str, str], int], int]:
    """Return what the gateway's own store reads of the feed."""

    async def read() -> tuple[dict[tuple[str, str], int], int]:
        database = Database(address(), size=1)
        await database.open()
        try:
            changes = await PostgresRecords(database).changes(since)
        finally:
            await database.close()
        return {(each.kind, each.key): each.version for each in changes.changes}, changes.next_version

    return asyncio.run(read())


@pytest.mark.django_db
class TestPublish:
    def test_writes_nothing_when_nothing_changed(self):
        team = TeamFactory()
        publish("customer", str(team.pk))
        first = PublishedRecord.objects.get(kind="customer", key=str(team.pk))
        publish("customer", str(team.pk))
        assert PublishedRecord.objects.get(pk=first.pk).written_in == first.written_in

    def test_leaves_a_withdrawn_record_for_the_feed_to_tell(self):
        team = TeamFactory()
        publish("customer", str(team.pk))
        team.is_active = False
        team.save()
        publish("customer", str(team.pk))
        assert PublishedRecord.objects.get(kind="customer", key=str(team.pk)).body is None

    @pytest.mark.parametrize("written", ["managed", ["enrollable"], None])
    def test_tells_the_type_of_a_channel_that_follows_from_it_whatever_its_seller_wrote(self, written):
        channel = {"base_url": "https://upstream.example/{{ enrollment.code }}", "type": written}

        service = make_service(offering={"upstream_access_config": {"default": channel}})

        channels = queries.body("service", str(service.pk))["channels"]
        assert [each["type"] for each in channels] == ["enrollable"]

    @pytest.mark.parametrize(("written", "published"), [(None, ["default"]), (True, ["default"]), (False, [])])
    def test_leaves_out_channels_that_are_switched_off(self, written, published):
        channel = {"base_url": "https://upstream.example/v1", "is_active": written}

        service = make_service(offering={"upstream_access_config": {"default": channel}})

        assert [each["name"] for each in queries.body("service", str(service.pk))["channels"]] == published

    def test_is_taken_back_with_the_change(self):
        team = TeamFactory()
        with transaction.atomic():
            secrets.put(team=team, name="A", value="x", by=None, now=NOW)
            transaction.set_rollback(True)
        assert queries.body("secret", f"{team.pk}/A") is None


@pytest.mark.django_db(transaction=True)
class TestConcurrency:
    def test_two_changes_of_one_customer_are_both_published(self):
        team = TeamFactory()
        begun, go_on = threading.Event(), threading.Event()

        def first() -> None:
            with transaction.atomic():
                secrets.put(team=team, name="FIRST", value="x", by=None, now=NOW)
                begun.set()
                go_on.wait(5)
            connection.close()

        def second() -> None:
            secrets.put(team=team, name="SECOND", value="x", by=None, now=NOW)
            connection.close()

        threads = [threading.Thread(target=first), threading.Thread(target=second)]
        threads[0].start()
        begun.wait(5)
        threads[1].start()
        go_on.set()
        for thread in threads:
            thread.join(10)

        assert set(queries.body("customer", str(team.pk))["secret_names"]) == {"FIRST", "SECOND"}

    def test_the_feed_does_not_miss_what_commits_late(self):
        early, late = TeamFactory(), TeamFactory()
        _, start = feed(0)
        written, commit = threading.Event(), threading.Event()

        def slow() -> None:
            with transaction.atomic():
                publish("customer", str(late.pk))
                written.set()
                commit.wait(5)
            connection.close()

        thread = threading.Thread(target=slow)
        thread.start()
        written.wait(5)
        publish("customer", str(early.pk))
        seen_first, middle = feed(start)
        commit.set()
        thread.join(10)
        seen_then, _ = feed(middle)

        assert ("customer", str(early.pk)) in seen_first
        assert ("customer", str(late.pk)) not in seen_first
        assert ("customer", str(late.pk)) in seen_then
        assert middle <= seen_then["customer", str(late.pk)]


@pytest.mark.django_db
class TestSellers:
    def test_take_their_services_with_them_when_stopped_and_bring_them_back(self):
        service = make_service()
        routes = ("route", service.name)

        teams.deactivate(team=service.seller)
        gone = queries.body("service", str(service.pk)), queries.body(*routes)
        teams.activate(team=service.seller)

        assert gone == (None, None)
        assert queries.body("service", str(service.pk))["name"] == service.name
        assert queries.body(*routes)["entries"]

    def test_take_the_names_with_them_that_they_gave_to_all(self):
        service = make_service()
        aliases.create(team=service.seller, name="ours", target_path=service.name, by=None, now=NOW)

        teams.deactivate(team=service.seller)
        gone = queries.body("alias", "ours")
        teams.activate(team=service.seller)

        assert gone is None
        assert queries.body("alias", "ours")["rows"]


@pytest.mark.django_db
class TestCustomers:
    def test_find_their_groups_again_after_a_stop_in_which_a_member_changed(self):
        buyer, service = TeamFactory(), make_service()
        own = collections.create(team=buyer, name="mine", by=None, now=NOW)
        collections.add_member(collection=own, service=service)

        teams.deactivate(team=buyer)
        catalog.set_price(service=service, price={"type": "constant", "price": "0.5"}, now=NOW)
        teams.activate(team=buyer)

        assert queries.body("group", f"{buyer.pk}/mine")["members"]


@pytest.mark.django_db
class TestRoutes:
    def test_lead_to_the_successor_of_a_deprecated_service_and_those_enrolled_in_it_to_itself(self):
        seller = TeamFactory(seller=True)
        former = make_service(seller, namespace="acme", now=NOW)
        catalog.deprecate(service=former, by=None, now=NOW)
        alone = queries.body("route", "acme/chat")["entries"]
        successor = make_service(seller, namespace="acme", now=NOW + timedelta(days=1))

        assert {entry["service_id"]: entry["is_private"] for entry in alone} == {str(former.pk): False}
        entries = queries.body("route", "acme/chat")["entries"]
        assert {entry["service_id"]: entry["is_private"] for entry in entries} == {
            str(successor.pk): False,
            str(former.pk): True,
        }
