"""Pages of chains: steps as rows of one form."""

from __future__ import annotations

import pytest

from gateway_admin.chains import queries
from gateway_admin.chains import services as chains
from gateway_admin.chains.services import StepContent
from tests.factories.accounts import TeamFactory
from tests.factories.billing import NOON
from tests.factories.visitors import HTMX, visitor
from tests.fakes import html_form

FORM = {"name": "write", "description": "", "default_timeout_ms": "5000", "enabled": "on"}
FIELDS = ("name", "target_path", "on_success", "on_failure", "sort_order", "timeout_ms", "method", "headers", "body")


@pytest.fixture
def buyer(db):
    return TeamFactory()


@pytest.fixture
def outsider(db):
    return TeamFactory()


@pytest.fixture
def chain(buyer):
    steps = [
        StepContent(
            name="draft", target_path="p/one", sort_order=1, on_success="judge", headers={"Accept": "text/plain"}
        ),
        StepContent(name="judge", target_path="p/two", sort_order=2, method="POST", body={"a": "{{ previous.body }}"}),
    ]
    return chains.create(team=buyer, name="write", steps=steps, by=None, now=NOON)


def row(place, name, target="p/one", **changes):
    given = {"on_success": "continue", "on_failure": "relay", "sort_order": "", **changes}
    return {f"steps-{place}-{field}": value for field, value in {"name": name, "target_path": target, **given}.items()}


def rows(*given, was=0):
    return {"steps-TOTAL_FORMS": str(len(given)), "steps-INITIAL_FORMS": str(was)} | {
        key: value for each in given for key, value in each.items()
    }


def steps_of(chain):
    return [each.name for each in queries.chain(team=chain.team, chain_id=chain.pk).steps.all()]


def went_to(response):
    return response.headers.get("HX-Redirect") or response.headers["Location"]


class TestList:
    def test_shows_the_teams_own(self, buyer, outsider, chain):
        assert "judge" in visitor(buyer).get("/chains").content.decode()
        assert "No chains yet" in visitor(outsider).get("/chains").content.decode()

    def test_costs_the_same_for_one_as_for_many(self, buyer, django_assert_num_queries):
        client = visitor(buyer)
        for name in ("one", "two", "three"):
            chains.create(team=buyer, name=name, steps=[StepContent("s", "p/one")], by=None, now=NOON)
            with django_assert_num_queries(5):  # session, user, memberships, chains, steps
                client.get("/chains")


class TestDetail:
    def test_says_how_it_is_called_and_where_each_step_leads(self, buyer, chain):
        page = visitor(buyer, "viewer").get(f"/chains/{chain.pk}").content.decode()

        assert "/c/write</span>" in page
        assert "/resolve?path=c/write" in page
        assert 'On success: go to <span class="mono">judge</span>' in page


class TestCreate:
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_makes_the_steps_in_their_order(self, buyer, headers):
        given = rows(row(0, "late", sort_order="9"), row(1, "first", on_success="late", sort_order="1"), row(2, "last"))

        response = visitor(buyer).post("/chains/new", FORM | given, **headers)

        made = queries.chains(team=buyer).get()
        assert went_to(response) == f"/chains/{made.pk}"
        assert steps_of(made) == ["first", "late", "last"]
        assert made.default_timeout_ms == 5000

    def test_ignores_rows_that_are_empty(self, buyer):
        visitor(buyer).post("/chains/new", FORM | rows(row(0, "only"), row(1, "", ""), row(2, "", "")))

        assert steps_of(queries.chains(team=buyer).get()) == ["only"]

    @pytest.mark.parametrize(
        ("given", "mark", "sentence"),
        [
            ([row(0, "a", "x")], 'id="id_steps-0-target_path-error"', "cannot be called"),
            ([row(0, "", "p/one")], 'id="id_steps-0-name-error"', "required"),
            ([row(0, "a", on_success="gone")], 'id="id_steps-0-on_success-error"', "valid choice"),
            ([row(0, "a", headers="[1]")], 'id="id_steps-0-headers-error"', "Write a JSON object"),
            ([row(0, "a", on_success="a")], "your attention", "lead back"),
            ([row(0, "a"), row(1, "a")], "your attention", "two of its steps are named"),
            ([row(0, "a", body='{"x": "{{ 1 + }}"}')], "your attention", "cannot run"),
        ],
    )
    def test_names_what_is_wrong_with_a_step(self, buyer, given, mark, sentence):
        response = visitor(buyer).post("/chains/new", FORM | rows(*given), **HTMX)

        page = response.content.decode()
        assert response.status_code == 422
        assert mark in page
        assert sentence in page
        assert not queries.chains(team=buyer).exists()

    def test_names_what_is_wrong_with_the_chain(self, buyer, chain):
        for wrong in ({}, {"name": "Write"}, {"default_timeout_ms": "0"}):
            response = visitor(buyer).post("/chains/new", FORM | wrong | rows(row(0, "a")))
            assert response.status_code == 422
        assert queries.chains(team=buyer).count() == 1

    @pytest.mark.parametrize(
        "body", ['{"a": "\\u0000"}', '{"a": "\\ud800"}', "[NaN, 1e999]", "[" * 50_000, "[" * 500 + "]" * 500]
    )
    def test_takes_no_json_that_cannot_be_stored(self, buyer, body):
        given = rows(row(0, "a", on_success="stop", body=body))

        response = visitor(buyer).post("/chains/new", FORM | given)

        assert response.status_code == 422
        assert "Write it as JSON" in response.content.decode()

    def test_survives_a_form_that_no_page_sends(self, buyer):
        assert visitor(buyer).post("/chains/new", FORM).status_code == 422
        assert visitor(buyer).post("/chains/new", {"more": "1", "steps-TOTAL_FORMS": "x"}).status_code == 200

    def test_is_refused_to_viewers(self, buyer):
        assert visitor(buyer, "viewer").post("/chains/new", FORM | rows(row(0, "a"))).status_code == 403


class TestMoreRows:
    def test_keeps_what_was_typed_and_lets_steps_go_to_each_other(self, buyer):
        typed = rows(row(0, "draft", body="{not json"), row(1, "judge", "p/two"))

        response = visitor(buyer).post("/chains/new", FORM | typed | {"more": "1"}, **HTMX)

        page = response.content.decode()
        assert response.status_code == 200
        assert "{not json" in page
        assert 'name="steps-3-name"' in page
        assert "Go to judge" in page
        assert "your attention" not in page
        assert not queries.chains(team=buyer).exists()


class TestEdit:
    def test_changes_nothing_when_it_is_saved_as_it_is(self, buyer, chain):
        client = visitor(buyer)
        page = client.get(f"/chains/{chain.pk}/edit").content.decode()
        before = list(chain.steps.values_list(*FIELDS))

        form = page[page.index('<form id="chain-form"') :]
        response = client.post(f"/chains/{chain.pk}/edit", html_form.posts(form))

        assert went_to(response) == f"/chains/{chain.pk}"
        assert list(chain.steps.values_list(*FIELDS)) == before

    def test_moves_and_removes_steps(self, buyer, chain):
        given = rows(
            row(0, "draft", sort_order="2", DELETE="on"),
            row(1, "judge", sort_order="2"),
            row(2, "new", sort_order="1"),
            was=2,
        )

        visitor(buyer).post(f"/chains/{chain.pk}/edit", FORM | given)

        assert steps_of(chain) == ["new", "judge"]

    def test_keeps_all_as_it_was_when_the_steps_are_refused(self, buyer, chain):
        loop = rows(row(0, "draft", on_success="judge"), row(1, "judge", on_success="draft"), was=2)

        refused = visitor(buyer).post(f"/chains/{chain.pk}/edit", FORM | loop | {"description": "changed"})

        assert refused.status_code == 422
        assert queries.chain(team=buyer, chain_id=chain.pk).description == ""

    def test_is_refused_to_viewers_and_unknown_to_outsiders(self, buyer, outsider, chain):
        assert visitor(buyer, "viewer").get(f"/chains/{chain.pk}").status_code == 200
        assert visitor(buyer, "viewer").get(f"/chains/{chain.pk}/edit").status_code == 403
        for path in ("", "/edit"):
            assert visitor(outsider).get(f"/chains/{chain.pk}{path}").status_code == 404
        assert visitor(outsider).post(f"/chains/{chain.pk}/delete").status_code == 404

    def test_deletes_it(self, buyer, chain):
        assert went_to(visitor(buyer).post(f"/chains/{chain.pk}/delete")) == "/chains"
        assert not queries.chains(team=buyer).exists()
