"""Pages of collections: made, filled with services that the team can call, and taken apart."""

from __future__ import annotations

import pytest

from gateway_admin.collections import queries
from gateway_admin.collections import services as collections
from marketplace.enrollments import services as enrollments
from tests.factories.accounts import TeamFactory
from tests.factories.billing import NOON
from tests.factories.marketplace import make_service
from tests.factories.visitors import HTMX, visitor

FORM = {"name": "pool", "display_name": "Pool", "description": "", "policy": "by_price"}
MEMBER = {"weight": "3", "routing_key": "", "sort_order": "0"}


@pytest.fixture
def buyer(db):
    return TeamFactory()


@pytest.fixture
def outsider(db):
    return TeamFactory()


@pytest.fixture
def pool(buyer):
    return collections.create(team=buyer, name="pool", by=None, now=NOON)


def went_to(response):
    return response.headers.get("HX-Redirect") or response.headers["Location"]


class TestList:
    def test_shows_the_teams_own(self, buyer, outsider, pool):
        assert "/collections/" + str(pool.pk) in visitor(buyer).get("/collections").content.decode()
        assert "No collections yet" in visitor(outsider).get("/collections").content.decode()

    def test_costs_the_same_for_one_as_for_many(self, buyer, django_assert_num_queries):
        client = visitor(buyer)
        for name in ("one", "two", "three"):
            collections.create(team=buyer, name=name, by=None, now=NOON)
            with django_assert_num_queries(4):  # session, user, memberships, collections
                client.get("/collections")


class TestCreate:
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_makes_one_with_its_policy(self, buyer, headers):
        response = visitor(buyer).post("/collections/new", FORM, **headers)

        made = queries.collections(team=buyer).get()
        assert went_to(response) == f"/collections/{made.pk}"
        assert (made.name, made.display_name, made.policy, made.enabled) == ("pool", "Pool", "by_price", True)

    @pytest.mark.parametrize(
        ("wrong", "field"), [({"name": "Pool"}, "name"), ({"name": "models"}, "name"), ({"policy": "luck"}, "policy")]
    )
    def test_names_what_is_wrong(self, buyer, wrong, field):
        response = visitor(buyer).post("/collections/new", FORM | wrong, **HTMX)

        assert response.status_code == 422
        assert f'id="id_{field}-error"' in response.content.decode()

    def test_refuses_a_name_that_is_taken(self, buyer, pool):
        response = visitor(buyer).post("/collections/new", FORM)

        assert response.status_code == 422
        assert "There is a collection" in response.content.decode()

    def test_is_refused_to_viewers(self, buyer):
        assert visitor(buyer, "viewer").post("/collections/new", FORM).status_code == 403


class TestEdit:
    def test_changes_policy_and_switches_it_off(self, buyer, pool):
        visitor(buyer).post(f"/collections/{pool.pk}/edit", {"display_name": "", "policy": "sticky"})

        pool.refresh_from_db()
        assert (pool.policy, pool.enabled) == ("sticky", False)

    def test_does_not_exist_for_outsiders(self, outsider, pool):
        client = visitor(outsider)

        for path in ("", "/edit"):
            assert client.get(f"/collections/{pool.pk}{path}").status_code == 404
        assert client.post(f"/collections/{pool.pk}/delete").status_code == 404


class TestMembers:
    def test_are_found_by_name_among_what_the_team_can_call(self, buyer, pool):
        make_service(namespace="acme", name="chat")
        make_service(namespace="other", name="draw", listing={"display_name": "Brush"})
        client = visitor(buyer)

        page = client.get(f"/collections/{pool.pk}?q=chat", **HTMX).content.decode()

        assert "acme/chat" in page
        assert "other/draw" not in page
        assert "<html" not in page
        assert "No service that you can call" in client.get(f"/collections/{pool.pk}?q=zzz").content.decode()

    def test_are_offered_when_they_need_an_enrollment_only_with_one(self, buyer, pool):
        service = make_service(listing={"service_options": {"default_visibility": "public"}})
        type(service).objects.filter(pk=service.pk).update(requires_enrollment=True)
        service.refresh_from_db()

        assert not queries.addable(collection=pool, words="").exists()
        refused = visitor(buyer).post(f"/collections/{pool.pk}/members/{service.pk}", MEMBER)
        assert refused.status_code == 422
        assert "needs an enrollment" in refused.content.decode()
        enrollments.enroll(team=buyer, service=service, by=None, parameters={}, now=NOON)
        assert queries.addable(collection=pool, words="").get() == service

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_are_added_changed_and_taken_out(self, buyer, pool, headers):
        service = make_service()
        client = visitor(buyer)
        where = f"/collections/{pool.pk}/members/{service.pk}"

        client.post(where, MEMBER, **headers)
        client.post(where, MEMBER | {"weight": "5", "routing_key": '{"model": "m"}'}, **headers)

        member = queries.members(pool).get()
        assert (member.weight, member.routing_key) == (5, {"model": "m"})
        assert "Weight 5" in client.get(f"/collections/{pool.pk}").content.decode()
        client.post(f"{where}/remove", **headers)
        assert not queries.members(pool).exists()

    @pytest.mark.parametrize(("wrong", "field"), [({"weight": "-1"}, "weight"), ({"routing_key": "x"}, "routing_key")])
    def test_are_refused_with_what_is_wrong(self, buyer, pool, wrong, field):
        response = visitor(buyer).post(f"/collections/{pool.pk}/members/{make_service().pk}", MEMBER | wrong)

        assert response.status_code == 422
        assert f'id="id_{field}-error"' in response.content.decode()

    def test_cost_the_same_for_one_as_for_many(self, buyer, pool, django_assert_num_queries):
        client = visitor(buyer)
        for _ in range(3):
            collections.add_member(collection=pool, service=make_service())
            make_service()
            with django_assert_num_queries(6):  # session, user, memberships, collection, members, services to add
                client.get(f"/collections/{pool.pk}")

    def test_are_shown_to_viewers_who_change_nothing(self, buyer, pool):
        service = make_service()
        collections.add_member(collection=pool, service=service)
        client = visitor(buyer, "viewer")

        page = client.get(f"/collections/{pool.pk}").content.decode()

        assert "Weight 10" in page
        assert "/members/" not in page
        assert client.post(f"/collections/{pool.pk}/members/{service.pk}/remove").status_code == 403
