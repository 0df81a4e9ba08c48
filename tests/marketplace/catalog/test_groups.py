from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from marketplace.catalog import services
from marketplace.catalog.models import GroupMember, MembershipChange, ServiceGroup
from marketplace.catalog.services import membership
from marketplace.catalog.services.errors import GroupRefused
from marketplace.catalog.services.groups import GroupContent
from tests.factories.marketplace import NOON, files, make_service, upload


def group(name: str = "fast-ones", **changes) -> GroupContent:
    return GroupContent(name=name, display_name=name.title(), status="active", **changes)


def names(group: ServiceGroup) -> set[str]:
    return set(group.members.values_list("service__name", flat=True))


class TestStore:
    def test_creates_below_the_sellers_root(self, seller):
        stored, outcome = services.store_group(owner=seller, content=group())

        assert outcome == "created"
        assert stored.parent.name == "seller:acme-corp"

    def test_again_changes_nothing(self, seller):
        services.store_group(owner=seller, content=group(expression="'fast' in tags"))

        assert services.store_group(owner=seller, content=group(expression="'fast' in tags"))[1] == "unchanged"

    def test_updates_by_name(self, seller):
        first, _ = services.store_group(owner=seller, content=group())

        again, outcome = services.store_group(owner=seller, content=group(description="Quick."))

        assert (again.pk, outcome, again.description) == (first.pk, "updated", "Quick.")

    def test_refuses_an_unknown_parent(self, seller):
        with pytest.raises(GroupRefused, match="there is no group 'nowhere'"):
            services.store_group(owner=seller, content=group(parent_name="nowhere"))

    def test_refuses_a_circle(self, seller):
        services.store_group(owner=seller, content=group("top"))
        services.store_group(owner=seller, content=group("middle", parent_name="top"))
        services.store_group(owner=seller, content=group("low", parent_name="middle"))

        with pytest.raises(GroupRefused, match="circle"):
            services.store_group(owner=seller, content=group("top", parent_name="low"))

    def test_leaves_other_sellers_alone(self, seller, outsider):
        services.store_group(owner=seller, content=group(description="Mine."))
        services.store_group(owner=outsider, content=group(description="Theirs."))

        assert ServiceGroup.objects.get(owner=seller, name="fast-ones").description == "Mine."


class TestDelete:
    @pytest.mark.parametrize("status", ["draft", "private"])
    def test_removes_a_group_that_is_not_in_use(self, seller, status):
        stored, _ = services.store_group(owner=seller, content=GroupContent("spare", "Spare", status=status))

        services.delete_group(group=stored)

        assert not ServiceGroup.objects.filter(name="spare").exists()

    def test_refuses_an_active_group(self, seller):
        stored, _ = services.store_group(owner=seller, content=group())

        with pytest.raises(GroupRefused, match="Only draft and private"):
            services.delete_group(group=stored)


class TestMembers:
    def test_follow_the_rule_when_it_changes(self, seller):
        make_service(seller, namespace="acme")
        make_service(seller, namespace="acme", name="slow", offering={"tags": ["slow"]})
        stored, _ = services.store_group(owner=seller, content=group(expression="'fast' in tags"))
        before = names(stored)

        services.store_group(owner=seller, content=group(expression="'slow' in tags"))

        assert (before, names(stored)) == ({"acme/chat"}, {"acme/slow"})

    def test_follow_the_service_when_it_changes(self, seller):
        stored, _ = services.store_group(owner=seller, content=group(expression="'fast' in tags"))
        upload(seller)
        before = names(stored)

        upload(seller, files(offering={"tags": ["slow"]}))

        assert (before, names(stored)) == ({"acme/chat"}, set())

    def test_follow_the_status(self, seller):
        stored, _ = services.store_group(owner=seller, content=group(expression="status == 'active'"))
        service = make_service(seller, namespace="acme")
        before = names(stored)

        services.suspend(service=service, reason="Stopped.", by=None, now=NOON)

        assert (before, names(stored)) == ({"acme/chat"}, set())

    def test_may_be_named_with_routing_keys(self, seller):
        wanted = ({"name": "acme/chat", "routing_key": {"model": "quick"}}, {"name": "acme/later"})
        stored, _ = services.store_group(owner=seller, content=group(services=wanted))
        upload(seller)

        assert GroupMember.objects.get(group=stored).routing_key == {"model": "quick"}

        upload(seller, files(name="later"))
        assert names(stored) == {"acme/chat", "acme/later"}

    def test_are_never_another_sellers(self, seller, outsider):
        stored, _ = services.store_group(owner=seller, content=group(expression="service_type == 'llm'"))

        make_service(outsider)

        assert names(stored) == set()

    def test_can_be_foretold(self, seller):
        fast = make_service(seller, namespace="acme")
        slow = make_service(seller, namespace="acme", name="slow", offering={"tags": ["slow"]})
        stored, _ = services.store_group(owner=seller, content=group(expression="'fast' in tags"))

        stored.expression = "'slow' in tags"
        told = membership.preview(group=stored)

        assert (told.members, told.joining, told.leaving) == ((slow,), (slow,), (fast,))
        assert names(stored) == {"acme/chat"}


def history(group: ServiceGroup) -> list[tuple[str, bool, str, str, int]]:
    rows = MembershipChange.objects.filter(group=group).order_by("id")
    return [(row.service_name, row.has_joined, row.cause, row.rule, row.rule_revision) for row in rows]


class TestWhoJoinedAndLeft:
    FAST, SLOW = "'fast' in tags", "'slow' in tags"

    def test_is_kept_with_the_rule_and_its_revision(self, seller):
        make_service(seller, namespace="acme")
        make_service(seller, namespace="acme", name="slow", offering={"tags": ["slow"]})
        stored, _ = services.store_group(owner=seller, content=group(expression=self.FAST))
        services.store_group(owner=seller, content=group(expression=self.SLOW))
        services.store_group(owner=seller, content=group(expression=self.SLOW, description="The same rule."))

        assert history(stored) == [
            ("acme/chat", True, "rule", self.FAST, 1),
            ("acme/chat", False, "rule", self.SLOW, 2),
            ("acme/slow", True, "rule", self.SLOW, 2),
        ]

    def test_tells_when_the_service_was_what_changed(self, seller):
        stored, _ = services.store_group(owner=seller, content=group(expression=self.FAST))
        upload(seller)
        upload(seller, files(offering={"tags": ["slow"]}))
        upload(seller, files(offering={"tags": ["slow"], "description": "Nothing that a rule asks about."}))

        assert history(stored) == [
            ("acme/chat", True, "service", self.FAST, 1),
            ("acme/chat", False, "service", self.FAST, 1),
        ]

    def test_of_those_who_are_named_has_no_rule(self, seller):
        upload(seller)
        stored, _ = services.store_group(owner=seller, content=group(services=({"name": "acme/chat"},)))
        keyed = {"name": "acme/chat", "routing_key": {"model": "quick"}}
        services.store_group(owner=seller, content=group(services=(keyed,)))

        assert history(stored) == [("acme/chat", True, "rule", "", 1)]

    def test_outlives_the_group(self, seller):
        make_service(seller, namespace="acme")
        draft = GroupContent("spare", "Spare", status="draft", expression=self.FAST)
        stored, _ = services.store_group(owner=seller, content=draft)
        kept = MembershipChange.objects.filter(group=stored.pk)
        services.delete_group(group=stored)

        assert [(row.group_name, row.has_joined, row.cause) for row in kept.order_by("id")] == [
            ("spare", True, "rule"),
            ("spare", False, "deleted"),
        ]

    def test_tells_when_the_service_was_deleted(self, seller):
        stored, _ = services.store_group(owner=seller, content=group(expression=self.FAST))
        service = upload(seller).service
        services.delete(service=service)

        assert history(stored) == [
            ("acme/chat", True, "service", self.FAST, 1),
            ("acme/chat", False, "service", self.FAST, 1),
        ]

    def test_is_written_with_the_change_or_not_at_all(self, seller):
        make_service(seller, namespace="acme")
        with transaction.atomic():
            services.store_group(owner=seller, content=group(expression=self.FAST))
            transaction.set_rollback(True)

        assert not MembershipChange.objects.exists()

    @pytest.mark.parametrize("change", ["UPDATE {} SET has_joined = false", "DELETE FROM {}"])
    def test_is_never_rewritten(self, seller, change):
        make_service(seller, namespace="acme")
        services.store_group(owner=seller, content=group(expression=self.FAST))

        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change.format("catalog_membershipchange"))


class TestPlatformGroup:
    def test_holds_what_is_on_the_market(self, seller):
        everything = services.ensure_platform_group()
        make_service(seller, namespace="acme")
        make_service(seller, namespace="acme", name="hidden", listing={"service_options": None})
        make_service(seller, namespace="acme", name="waiting", status="review")

        assert names(everything) == {"acme/chat"}

    def test_is_filled_when_it_is_made_late(self, seller):
        make_service(seller, namespace="acme")

        assert names(services.ensure_platform_group()) == {"acme/chat"}
