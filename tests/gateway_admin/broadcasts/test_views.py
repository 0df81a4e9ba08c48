"""Pages of broadcasts: targets as rows of one form."""

from __future__ import annotations

import pytest

from gateway_admin.broadcasts import queries
from gateway_admin.broadcasts import services as broadcasts
from gateway_admin.broadcasts.services import TargetContent
from tests.factories.accounts import TeamFactory
from tests.factories.billing import NOON
from tests.factories.visitors import HTMX, visitor
from tests.fakes import html_form

FORM = {
    "name": "all",
    "description": "",
    "mode": "sync",
    "policy": "quorum",
    "quorum": "2",
    "target_timeout_ms": "9000",
    "enabled": "on",
}


@pytest.fixture
def buyer(db):
    return TeamFactory()


@pytest.fixture
def outsider(db):
    return TeamFactory()


@pytest.fixture
def broadcast(buyer):
    targets = [TargetContent("one", "p/one", sort_order=1), TargetContent("two", "p/two", {"model": "m"}, 2)]
    return broadcasts.create(team=buyer, name="all", targets=targets, by=None, now=NOON)


def row(place, name, target="p/one", **changes):
    given = {"name": name, "target_path": target, "routing_key_override": "", "sort_order": "", **changes}
    return {f"targets-{place}-{field}": value for field, value in given.items()}


def rows(*given, was=0):
    return {"targets-TOTAL_FORMS": str(len(given)), "targets-INITIAL_FORMS": str(was)} | {
        key: value for each in given for key, value in each.items()
    }


def went_to(response):
    return response.headers.get("HX-Redirect") or response.headers["Location"]


class TestList:
    def test_shows_the_teams_own(self, buyer, outsider, broadcast):
        assert "two" in visitor(buyer).get("/broadcasts").content.decode()
        assert "No broadcasts yet" in visitor(outsider).get("/broadcasts").content.decode()

    def test_costs_the_same_for_one_as_for_many(self, buyer, django_assert_num_queries):
        client = visitor(buyer)
        for name in ("one", "two", "three"):
            broadcasts.create(team=buyer, name=name, targets=[TargetContent("t", "p/one")], by=None, now=NOON)
            with django_assert_num_queries(5):  # session, user, memberships, broadcasts, targets
                client.get("/broadcasts")


class TestDetail:
    def test_says_how_it_is_called(self, buyer, broadcast):
        page = visitor(buyer, "viewer").get(f"/broadcasts/{broadcast.pk}").content.decode()

        assert "/b/all</span>" in page
        assert "/resolve?path=b/all" in page


class TestCreate:
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_makes_the_targets_in_their_order(self, buyer, headers):
        given = rows(row(0, "b"), row(1, "a", "p/two", sort_order="1", routing_key_override='{"model": "m"}'))

        response = visitor(buyer).post("/broadcasts/new", FORM | given, **headers)

        made = queries.broadcasts(team=buyer).get()
        assert went_to(response) == f"/broadcasts/{made.pk}"
        assert (made.policy, made.quorum, made.target_timeout_ms) == ("quorum", 2, 9000)
        found = list(made.targets.values_list("name", "target_path", "routing_key_override"))
        assert found == [("a", "p/two", {"model": "m"}), ("b", "p/one", None)]

    @pytest.mark.parametrize(
        ("given", "mark", "sentence"),
        [
            ([row(0, "a"), row(1, "b", "x")], 'id="id_targets-1-target_path-error"', "cannot be called"),
            ([row(0, "a"), row(1, "a")], 'id="id_targets-0-name-error"', "There is a target"),
            ([row(0, "a", routing_key_override="m")], 'id="id_targets-0-routing_key_override-error"', "as JSON"),
            ([row(0, "a", routing_key_override='{"a": []}')], "your attention", "up to 10 plain values"),
        ],
    )
    def test_names_what_is_wrong_with_a_target(self, buyer, given, mark, sentence):
        response = visitor(buyer).post("/broadcasts/new", FORM | rows(*given), **HTMX)

        page = response.content.decode()
        assert response.status_code == 422
        assert mark in page
        assert sentence in page
        assert not queries.broadcasts(team=buyer).exists()

    def test_refuses_a_name_that_is_taken_at_its_field(self, buyer, broadcast):
        response = visitor(buyer).post("/broadcasts/new", FORM | rows(row(0, "all")))

        assert response.status_code == 422
        assert 'id="id_name-error"' in response.content.decode()

    def test_is_refused_to_viewers(self, buyer):
        assert visitor(buyer, "viewer").post("/broadcasts/new", FORM | rows(row(0, "a"))).status_code == 403


class TestEdit:
    def test_changes_nothing_when_it_is_saved_as_it_is(self, buyer, broadcast):
        client = visitor(buyer)
        page = client.get(f"/broadcasts/{broadcast.pk}/edit").content.decode()
        fields = ("name", "target_path", "routing_key_override", "sort_order")
        before = list(broadcast.targets.values_list(*fields))

        form = page[page.index('<form id="broadcast-form"') :]
        client.post(f"/broadcasts/{broadcast.pk}/edit", html_form.posts(form))

        assert list(broadcast.targets.values_list(*fields)) == before

    def test_adds_and_removes_targets(self, buyer, broadcast):
        given = rows(row(0, "one", DELETE="on"), row(1, "two"), row(2, "three"), was=2)

        visitor(buyer).post(f"/broadcasts/{broadcast.pk}/edit", FORM | given)

        assert list(broadcast.targets.values_list("name", flat=True)) == ["two", "three"]

    def test_offers_more_rows_and_keeps_what_was_typed(self, buyer, broadcast):
        typed = FORM | rows(row(0, "typed", "p/typed")) | {"more": "1"}

        page = visitor(buyer).post(f"/broadcasts/{broadcast.pk}/edit", typed).content.decode()

        assert 'value="p/typed"' in page
        assert 'name="targets-2-name"' in page
        assert broadcast.targets.count() == 2

    def test_is_refused_to_viewers_and_unknown_to_outsiders(self, buyer, outsider, broadcast):
        assert visitor(buyer, "viewer").get(f"/broadcasts/{broadcast.pk}").status_code == 200
        assert visitor(buyer, "viewer").get(f"/broadcasts/{broadcast.pk}/edit").status_code == 403
        for path in ("", "/edit"):
            assert visitor(outsider).get(f"/broadcasts/{broadcast.pk}{path}").status_code == 404
        assert visitor(outsider).post(f"/broadcasts/{broadcast.pk}/delete").status_code == 404

    def test_deletes_it(self, buyer, broadcast):
        assert went_to(visitor(buyer).post(f"/broadcasts/{broadcast.pk}/delete")) == "/broadcasts"
        assert not queries.broadcasts(team=buyer).exists()
