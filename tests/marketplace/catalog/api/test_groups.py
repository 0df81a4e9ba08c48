"""Service groups over the API, as the published client uses it."""

from __future__ import annotations

from uuid import UUID

import pytest

from accounts.teams.models import Role
from gateway_admin.publishing import queries as publishing
from marketplace.catalog.models import ServiceGroup
from tests.factories.marketplace import make_service
from tests.factories.programs import Caller

FAST = {"name": "fast-ones", "display_name": "Fast ones", "membership_rules": {"expression": "'fast' in tags"}}


@pytest.fixture
def group(call) -> dict[str, object]:
    return call("PUT", "/service-groups", FAST).json()


class TestUpload:
    def test_makes_a_draft_with_its_members(self, call, seller):
        service = make_service(seller, namespace="acme")

        made = call("PUT", "/service-groups", FAST)

        assert made.status_code == 200
        told = made.json()
        assert {key: told[key] for key in ("name", "display_name", "status", "group_type", "service_count")} == {
            "name": "fast-ones",
            "display_name": "Fast ones",
            "status": "draft",
            "group_type": "collection",
            "service_count": 1,
        }
        assert told["services"] == [{"id": str(service.pk), "name": "acme/chat", "routing_key": None}]
        assert (told["ancestor_path"], told["owner_type"]) == ("/seller:acme-corp", "seller")
        assert UUID(told["role_id"]) == seller.pk

    def test_again_keeps_id_and_status(self, call, group):
        call("PATCH", f"/service-groups/{group['id']}", {"status": "active"})

        again = call("PUT", "/service-groups", {**FAST, "description": "Quick."}).json()

        assert (again["id"], again["status"], again["description"]) == (group["id"], "active", "Quick.")

    @pytest.mark.parametrize(
        ("wrong", "told"),
        [
            ({"services": [{"name": "acme/chat"}]}, "services: give membership_rules or services, not both"),
            ({"membership_rules": {"expression": "provider == 'x'"}}, "did you mean provider_name?"),
            ({"name": "Fast Ones"}, "Try 'fast-ones'"),
            ({"sort_order": 1.5}, "valid integer"),
            ({"routing_policy": {"strategy": ["by_price"]}}, "routing_policy.strategy: must be text (got a list)"),
            ({"routing_policy": {"strategy": {"by": "price"}}}, "routing_policy.strategy: must be text"),
            ({"routing_policy": {"sticky_header": 5}}, "routing_policy.sticky_header: must be text"),
            ({"routing_policy": {"weights": [1]}}, "routing_policy.weights: must be an object"),
        ],
    )
    def test_is_checked_like_a_file(self, call, wrong, told):
        answer = call("PUT", "/service-groups", {**FAST, **wrong})

        assert answer.status_code == 422
        assert any(told in problem["msg"] for problem in answer.json()["detail"])
        assert not ServiceGroup.objects.exists()

    def test_of_a_strategy_that_nobody_knows_is_called_by_the_usual_one(self, call, seller):
        file = {**FAST, "status": "active", "routing_policy": {"strategy": "dice"}}

        assert call("PUT", "/service-groups", file).status_code == 200
        assert publishing.body("group", f"{seller.name}:{FAST['name']}")["policy"] == "weighted_random"

    def test_below_an_unknown_parent_is_refused(self, call):
        answer = call("PUT", "/service-groups", {**FAST, "parent_group_name": "nowhere"})

        assert (answer.status_code, answer.json()["detail"]) == (
            400,
            "parent_group_name: there is no group 'nowhere'. Create it first.",
        )


class TestType:
    @pytest.mark.parametrize(
        ("said", "kind"),
        [
            ({}, "category"),
            ({"services": [{"name": "acme/chat"}]}, "collection"),
            ({"services": [{"name": "acme/chat"}], "routing_policy": {"strategy": "by_price"}}, "open"),
            (
                {"services": [{"name": "acme/chat", "routing_key": {"model": "m"}}], "routing_policy": {}},
                "keyed",
            ),
        ],
    )
    def test_follows_from_what_a_group_holds(self, call, said, kind):
        told = call("PUT", "/service-groups", {"name": "any", "display_name": "Any", **said}).json()

        assert told["group_type"] == kind


class TestList:
    def test_is_newest_first_and_page_by_page(self, call):
        for name in ("one", "two", "three"):
            call("PUT", "/service-groups", {"name": name, "display_name": name})

        first = call("GET", "/service-groups?limit=2").json()
        call("PUT", "/service-groups", {"name": "four", "display_name": "four"})
        second = call("GET", f"/service-groups?limit=2&cursor={first['next_cursor']}").json()

        assert [row["name"] for row in first["data"] + second["data"]] == ["three", "two", "one"]
        assert (first["has_more"], second["has_more"]) == (True, False)

    def test_can_be_narrowed_by_status(self, call, group):
        assert call("GET", "/service-groups?status=active").json()["data"] == []
        assert [row["id"] for row in call("GET", "/service-groups?status=draft").json()["data"]] == [group["id"]]

    def test_takes_the_limit_of_the_command_line(self, call, group):
        assert call("GET", "/service-groups?limit=100000").status_code == 200

    def test_asks_the_database_as_often_for_many_as_for_few(self, call, django_assert_num_queries):
        for name in ("top", "low", "lower"):
            parent = {"parent_group_name": "top"} if name != "top" else {}
            call("PUT", "/service-groups", {"name": name, "display_name": name, **parent})

        with django_assert_num_queries(5):
            rows = call("GET", "/service-groups").json()["data"]

        assert {row["ancestor_path"] for row in rows} == {"/seller:acme-corp", "/seller:acme-corp/top"}


class TestChange:
    def test_of_the_rule_changes_the_members(self, call, seller, group):
        make_service(seller, namespace="acme", name="slow", offering={"tags": ["slow"]})

        changed = call(
            "PATCH", f"/service-groups/{group['id']}", {"membership_rules": {"expression": "'slow' in tags"}}
        ).json()

        assert [row["name"] for row in changed["services"]] == ["acme/slow"]

    def test_to_named_members_drops_the_rule(self, call, group):
        body = {"services": [{"name": "acme/chat", "routing_key": {"model": "quick"}}]}

        changed = call("PATCH", f"/service-groups/{group['id']}", body).json()

        assert changed["membership_rules"] is None

    def test_with_null_empties_a_field_and_leaves_the_others(self, call):
        made = call("PUT", "/service-groups", {**FAST, "description": "Quick.", "sort_order": 7}).json()

        changed = call("PATCH", f"/service-groups/{made['id']}", {"description": None}).json()

        assert (changed["description"], changed["sort_order"]) == (None, 7)
        assert changed["membership_rules"] == FAST["membership_rules"]

    @pytest.mark.parametrize("body", [{"status": "flying"}, {"name": "other"}, {"display_name": None}])
    def test_refuses_what_a_group_cannot_be(self, call, group, body):
        assert call("PATCH", f"/service-groups/{group['id']}", body).status_code == 422


class TestDelete:
    def test_removes_a_draft(self, call, group):
        gone = call("DELETE", f"/service-groups/{group['id']}")

        assert (gone.status_code, gone.content) == (204, b"")
        assert call("GET", f"/service-groups/{group['id']}").status_code == 404

    def test_of_a_group_in_use_is_refused(self, call, group):
        call("PATCH", f"/service-groups/{group['id']}", {"status": "active"})

        answer = call("DELETE", f"/service-groups/{group['id']}")

        assert answer.status_code == 400
        assert "Only draft and private groups can be deleted" in answer.json()["detail"]

    def test_and_change_of_the_root_are_refused(self, call, seller, group):
        root = ServiceGroup.objects.get(owner=seller, parent=None)
        ServiceGroup.objects.filter(pk=root.pk).update(status="draft")

        assert call("DELETE", f"/service-groups/{root.pk}").status_code == 404
        assert call("PATCH", f"/service-groups/{root.pk}", {"display_name": "Mine"}).status_code == 404


class TestPreview:
    def test_tells_who_joins_and_leaves_and_changes_nothing(self, call, seller, group):
        make_service(seller, namespace="acme")
        make_service(seller, namespace="acme", name="slow", offering={"tags": ["slow"]})
        before = call("GET", f"/service-groups/{group['id']}").json()

        told = call(
            "POST", "/service-groups/preview", {**FAST, "membership_rules": {"expression": "'slow' in tags"}}
        ).json()

        assert (told["member_count"], told["joining_count"], told["leaving_count"]) == (1, 1, 1)
        assert [row["name"] for row in told["joining"]] == ["acme/slow"]
        assert [row["name"] for row in told["leaving"]] == ["acme/chat"]
        assert call("GET", f"/service-groups/{group['id']}").json() == before

    def test_of_a_new_group_lists_all_that_join(self, call, seller):
        make_service(seller, namespace="acme")

        told = call("POST", "/service-groups/preview", FAST).json()

        assert [row["name"] for row in told["joining"]] == ["acme/chat"]
        assert not ServiceGroup.objects.exists()


class TestOutsiders:
    @pytest.mark.parametrize(
        ("method", "body"), [("GET", None), ("PATCH", {"description": "stolen"}), ("DELETE", None)]
    )
    def test_find_nothing(self, outsiders_call, group, method, body):
        theirs = outsiders_call(method, f"/service-groups/{group['id']}", body)
        unknown = outsiders_call(method, "/service-groups/00000000-0000-4000-8000-000000000000", body)

        assert theirs.status_code == unknown.status_code == 404
        assert theirs.json()["detail"] == unknown.json()["detail"]

    def test_with_a_viewers_key_change_nothing(self, seller, group):
        viewer = Caller(seller, role=Role.VIEWER)

        assert viewer("GET", f"/service-groups/{group['id']}").status_code == 200
        assert viewer("PATCH", f"/service-groups/{group['id']}", {"status": "active"}).status_code == 403
        assert viewer("DELETE", f"/service-groups/{group['id']}").status_code == 403
        assert viewer("PUT", "/service-groups", FAST).status_code == 403
