"""A seller's pages of groups."""

from __future__ import annotations

import pytest

from accounts.teams.models import Role
from marketplace.catalog import services
from marketplace.catalog.models import ServiceGroup
from tests.factories.accounts import TeamFactory
from tests.factories.marketplace import make_service
from tests.factories.visitors import HTMX, visitor

FILE = {"name": "fast-ones", "display_name": "Fast ones", "membership_rules": {"expression": "'fast' in tags"}}
FORM = {"display_name": "Fast ones", "expression": "'fast' in tags", "status": "draft"}


@pytest.fixture
def group(seller) -> ServiceGroup:
    make_service(seller, namespace="acme")
    make_service(seller, namespace="acme", name="slow", offering={"tags": ["slow"]})
    return services.upload_group(owner=seller, file=FILE)


class TestList:
    def test_tells_a_new_seller_what_to_do(self, seller):
        page = visitor(seller).get("/seller/groups").content.decode()

        assert "No groups yet" in page
        assert "/seller/groups/new" in page

    def test_shows_ones_own_with_how_many_are_in_them(self, seller, group, outsider):
        page = visitor(seller).get("/seller/groups").content.decode()

        assert "Fast ones" in page
        assert '<td class="num" data-label="Services">1</td>' in page
        assert "Fast ones" not in visitor(outsider).get("/seller/groups").content.decode()

    def test_asks_the_database_as_often_for_many_as_for_few(self, seller, group, django_assert_num_queries):
        client = visitor(seller)
        with django_assert_num_queries(5):
            client.get("/seller/groups")
        for number in range(3):
            services.upload_group(owner=seller, file={**FILE, "name": f"group-{number}"})

        with django_assert_num_queries(5):
            client.get("/seller/groups")

    def test_is_for_sellers(self, db):
        assert visitor(TeamFactory()).get("/seller/groups").status_code == 404


class TestForm:
    def test_makes_a_group(self, seller):
        answer = visitor(seller).post("/seller/groups/new", {"name": "fast-ones", **FORM})

        made = ServiceGroup.objects.get(owner=seller, name="fast-ones")
        assert (answer.status_code, answer["Location"]) == (302, f"/seller/groups/{made.pk}")
        assert made.expression == "'fast' in tags"

    @pytest.mark.parametrize(
        ("wrong", "told"),
        [
            ({"expression": "tags ==="}, "membership_rules.expression"),
            ({"names": "acme/chat"}, "not both"),
            ({"name": "Fast Ones"}, "Try &#x27;fast-ones&#x27;"),
        ],
    )
    def test_says_what_is_wrong(self, seller, wrong, told):
        answer = visitor(seller).post("/seller/groups/new", {"name": "fast-ones", **FORM, **wrong})

        assert answer.status_code == 422
        assert told in answer.content.decode()
        assert not ServiceGroup.objects.filter(name="fast-ones").exists()

    def test_keeps_what_it_does_not_show(self, seller, group):
        wish = {"name": "acme/chat", "routing_key": {"model": "quick"}}
        services.change_group(
            owner=seller, group=group, changes={"services": [wish], "routing_policy": {"strategy": "by_price", "x": 1}}
        )
        form = {**FORM, "expression": "", "names": "acme/chat\nacme/slow", "strategy": "sticky"}

        visitor(seller).post(f"/seller/groups/{group.pk}/edit", form)

        group.refresh_from_db()
        assert group.members_wanted == [wish, {"name": "acme/slow"}]
        assert group.routing_policy == {"strategy": "sticky", "x": 1}

    def test_of_a_member_who_may_only_look_is_refused(self, seller, group):
        viewer = visitor(seller, Role.VIEWER)

        assert viewer.get(f"/seller/groups/{group.pk}").status_code == 200
        assert viewer.get(f"/seller/groups/{group.pk}/edit").status_code == 403


class TestPreview:
    def test_tells_who_joins_and_who_leaves_and_changes_nothing(self, seller, group):
        form = {"group": "fast-ones", **FORM, "expression": "'slow' in tags"}

        told = visitor(seller).post("/seller/groups/preview", form, **HTMX).content.decode()

        assert told.index("Joins") < told.index("acme/slow") < told.index("Leaves") < told.index("acme/chat")
        assert "<html" not in told
        assert [member.service.name for member in group.members.all()] == ["acme/chat"]

    def test_comes_with_the_form_when_there_are_no_scripts(self, seller, group):
        form = {**FORM, "expression": "'slow' in tags", "preview": "1"}

        answer = visitor(seller).post(f"/seller/groups/{group.pk}/edit", form)

        assert answer.status_code == 200
        assert "Leaves" in answer.content.decode()
        group.refresh_from_db()
        assert group.expression == "'fast' in tags"

    def test_of_a_rule_that_cannot_be_read_says_where(self, seller, group):
        form = {"group": "fast-ones", **FORM, "expression": "tags ==="}

        told = visitor(seller).post("/seller/groups/preview", form, **HTMX)

        assert (told.status_code, "at column" in told.content.decode()) == (200, True)

    def test_is_a_whole_page_for_who_asks_without_scripts(self, seller, group):
        told = visitor(seller).post("/seller/groups/preview", {"expression": "tags ==="})

        assert (told.status_code, "<html" in told.content.decode()) == (200, True)

    def test_never_shows_another_sellers_services(self, group, outsider):
        form = {"group": "fast-ones", **FORM, "expression": "service_type == 'llm'"}

        told = visitor(outsider).post("/seller/groups/preview", form, **HTMX).content.decode()

        assert "acme/" not in told


class TestAddress:
    def test_is_shown_of_groups_that_take_calls_alone(self, seller, group):
        page = f"/seller/groups/{group.pk}"
        assert "Address" not in visitor(seller).get(page).content.decode()

        services.change_group(owner=seller, group=group, changes={"routing_policy": {"strategy": "weighted_random"}})

        after = visitor(seller).get(page).content.decode()
        assert f"/g/{seller.name}:fast-ones" in after


class TestHistory:
    def test_tells_who_joined_and_left_by_which_rule(self, seller, group):
        services.change_group(owner=seller, group=group, changes={"membership_rules": {"expression": "'slow' in tags"}})

        page = visitor(seller).get(f"/seller/groups/{group.pk}").content.decode()

        told = page.partition("Who joined and who left")[2]
        assert [
            told.index(word) for word in ("acme/slow</a> joined", "acme/chat</a> left", "acme/chat</a> joined")
        ] == sorted(told.index(word) for word in ("acme/slow</a> joined", "acme/chat</a> left", "acme/chat</a> joined"))
        assert told.count("revision 2") == 2

    def test_of_a_group_that_was_always_empty_says_so(self, seller):
        empty = services.upload_group(owner=seller, file={**FILE, "name": "empty"})

        assert "Nobody has joined or left yet" in visitor(seller).get(f"/seller/groups/{empty.pk}").content.decode()

    def test_comes_in_pages_with_as_many_queries(self, seller, group, django_assert_num_queries):
        client = visitor(seller)
        with django_assert_num_queries(8):
            client.get(f"/seller/groups/{group.pk}")
        for number in range(30):
            rule = {"expression": f"'fast' in tags and name != '{number}'" if number % 2 else "'slow' in tags"}
            services.change_group(owner=seller, group=group, changes={"membership_rules": rule})

        with django_assert_num_queries(8):
            part = client.get(f"/seller/groups/{group.pk}?page=2", headers={"HX-Target": "group-changes"}, **HTMX)

        assert "<html" not in part.content.decode()
        assert part.content.decode().count("<li") >= 25


class TestDelete:
    def test_removes_a_draft(self, seller, group):
        visitor(seller).post(f"/seller/groups/{group.pk}/delete")

        assert not ServiceGroup.objects.filter(pk=group.pk).exists()

    def test_of_an_active_group_says_why_not(self, seller, group):
        services.change_group(owner=seller, group=group, changes={"status": "active"})

        page = visitor(seller).post(f"/seller/groups/{group.pk}/delete", follow=True).content.decode()

        assert "Only draft and private groups can be deleted" in page
        assert ServiceGroup.objects.filter(pk=group.pk).exists()

    def test_of_another_sellers_group_is_404(self, group, outsider):
        assert visitor(outsider).post(f"/seller/groups/{group.pk}/delete").status_code == 404
