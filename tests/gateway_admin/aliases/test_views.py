"""Pages of aliases: names, their targets, and the switch that can be undone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway_admin.aliases import queries
from gateway_admin.aliases import services as aliases
from gateway_admin.aliases.models import AliasSwitch
from tests.factories.accounts import TeamFactory, owner_of
from tests.factories.visitors import HTMX, visitor

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
FORM = {"name": "chat", "target_path": "p/acme/chat", "request_routing_key": "", "routing_key_override": ""}


@pytest.fixture
def buyer(db):
    return TeamFactory()


@pytest.fixture
def outsider(db):
    return TeamFactory()


def made(team, target="p/one", name="chat", **changes):
    return aliases.create(team=team, name=name, target_path=target, by=owner_of(team), now=NOON, **changes)


def routing(team, name="chat"):
    return [each.target_path for each in queries.aliases(team=team, name=name) if each.is_routing]


def went_to(response):
    return response.headers.get("HX-Redirect") or response.headers["Location"]


class TestList:
    def test_groups_targets_by_name_and_marks_the_one_that_routes(self, buyer):
        made(buyer)
        standby = made(buyer, "p/two")

        page = visitor(buyer).get("/aliases").content.decode()

        assert page.count('id="alias-chat"') == 1
        assert page.index("p/one") < page.index("p/two")
        assert f"/aliases/{standby.pk}/switch" in page
        assert page.count("Switch</button>") == 1

    def test_finds_by_name_and_by_target(self, buyer):
        made(buyer, "p/one", "chat")
        made(buyer, "p/two", "draw")
        client = visitor(buyer)

        assert "alias-draw" not in client.get("/aliases?q=CHA").content.decode()
        assert "alias-chat" not in client.get("/aliases?q=p/two").content.decode()
        assert "Nothing found" in client.get("/aliases?q=music").content.decode()

    def test_shows_nothing_of_others(self, buyer, outsider):
        made(buyer)

        assert "p/one" not in visitor(outsider).get("/aliases").content.decode()

    def test_says_what_to_do_while_there_are_none(self, buyer):
        assert "No aliases yet" in visitor(buyer).get("/aliases").content.decode()

    def test_offers_viewers_nothing_to_change(self, buyer):
        made(buyer)
        made(buyer, "p/two")

        page = visitor(buyer, "viewer").get("/aliases").content.decode()

        assert "p/two" in page
        assert '/switch"' not in page.replace("/teams/switch", "")
        assert "/aliases/new" not in page

    def test_says_that_an_own_name_goes_before_a_sellers(self, buyer):
        seller = TeamFactory(seller=True, display_name="Acme")
        made(seller, "p/acme/chat")
        made(buyer)

        assert "Acme publishes an alias" in visitor(buyer).get("/aliases").content.decode()
        assert "publishes an alias" not in visitor(seller).get("/aliases").content.decode()

    def test_costs_the_same_for_one_as_for_many(self, buyer, django_assert_num_queries):
        client = visitor(buyer)
        for name in ("one", "two", "three"):
            made(buyer, name=name)
            made(buyer, "p/two", name=name)
            with django_assert_num_queries(6):  # session, user, memberships, names, rows, published names
                client.get("/aliases")

    def test_shows_twenty_names_a_page(self, buyer):
        for number in range(21):
            made(buyer, name=f"n{number:02}")
        client = visitor(buyer)

        assert "alias-n20" not in client.get("/aliases").content.decode()
        assert "alias-n20" in client.get("/aliases?page=2").content.decode()


class TestCreate:
    @pytest.mark.parametrize(
        "key", ['{"model": "\\u0000"}', '{"model": "\\udc00"}', '{"model": NaN}', '{"model": 1e999}']
    )
    def test_takes_no_routing_key_that_cannot_be_stored(self, buyer, key):
        response = visitor(buyer).post("/aliases/new", FORM | {"request_routing_key": key})

        assert response.status_code == 422
        assert "Write it as JSON" in response.content.decode()

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_routes_at_once(self, buyer, headers):
        key = {"request_routing_key": '{"model": "small"}'}

        response = visitor(buyer).post("/aliases/new", FORM | key, **headers)

        row = queries.aliases(team=buyer).get()
        assert went_to(response) == "/aliases/names/chat"
        assert (row.target_path, row.is_routing, row.created_by) == ("p/acme/chat", True, owner_of(buyer))
        assert row.request_routing_key == {"model": "small"}

    def test_lets_a_second_target_stand_by(self, buyer):
        made(buyer)

        visitor(buyer).post("/aliases/new", FORM)

        assert routing(buyer) == ["p/one"]

    @pytest.mark.parametrize(
        ("wrong", "field", "sentence"),
        [
            ({"name": "Chat!"}, "name", "cannot be called"),
            ({"name": "models"}, "name", "means something of its own"),
            ({"name": ""}, "name", "required"),
            ({"target_path": "x"}, "target_path", "cannot be called"),
            ({"request_routing_key": "model"}, "request_routing_key", "Write it as JSON"),
            ({"request_routing_key": "[1]"}, "request_routing_key", "Write a JSON object"),
            ({"routing_key_override": '{"a": {"b": 1}}'}, "routing_key_override", "up to 10 plain values"),
        ],
    )
    def test_names_what_is_wrong_at_its_field(self, buyer, wrong, field, sentence):
        response = visitor(buyer).post("/aliases/new", FORM | wrong, **HTMX)

        page = response.content.decode()
        assert response.status_code == 422
        assert f'id="id_{field}-error"' in page
        assert sentence in page
        assert not queries.aliases(team=buyer).exists()

    def test_refuses_a_seller_the_name_of_another(self, db):
        made(TeamFactory(seller=True))
        seller = TeamFactory(seller=True)

        response = visitor(seller).post("/aliases/new", FORM)

        assert response.status_code == 422
        assert "There is a published alias" in response.content.decode()

    def test_is_refused_to_viewers(self, buyer):
        assert visitor(buyer, "viewer").post("/aliases/new", FORM).status_code == 403


class TestSwitch:
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_leads_to_the_other_target_and_can_be_undone(self, buyer, headers):
        first, second = made(buyer), made(buyer, "p/two")
        client = visitor(buyer)

        told = went_to(client.post(f"/aliases/{second.pk}/switch", {"from": "list"}, **headers))

        assert routing(buyer) == ["p/two"]
        assert told.startswith("/aliases?switched=")
        page = client.get(told).content.decode()
        assert f'action="/aliases/{first.pk}/switch"' in page[page.index("now leads to") : page.index("Undo")]
        client.post(f"/aliases/{first.pk}/switch")
        assert routing(buyer) == ["p/one"]

    def test_offers_no_undo_of_what_has_been_switched_since(self, buyer):
        first, second = made(buyer), made(buyer, "p/two")
        client = visitor(buyer)
        told = went_to(client.post(f"/aliases/{second.pk}/switch"))

        client.post(f"/aliases/{first.pk}/switch")

        assert "Undo" not in client.get(told).content.decode()

    def test_stops_a_name_and_undoes_that(self, buyer):
        alias = made(buyer)
        client = visitor(buyer)

        told = went_to(client.post(f"/aliases/{alias.pk}/switch", {"on": "0"}))

        assert routing(buyer) == []
        page = client.get(told).content.decode()
        assert "no longer leads to" in page
        assert f'action="/aliases/{alias.pk}/switch"' in page[page.index("no longer leads") : page.index("Undo")]

    def test_tells_nobody_elses_switches(self, buyer, outsider):
        made(buyer, "p/hidden")
        switch = AliasSwitch.objects.get()

        assert "p/hidden" not in visitor(outsider).get(f"/aliases?switched={switch.pk}").content.decode()
        assert visitor(outsider).get("/aliases?switched=nonsense").status_code == 200

    def test_is_refused_to_viewers_and_unknown_to_outsiders(self, buyer, outsider):
        made(buyer)
        second = made(buyer, "p/two")

        assert visitor(buyer, "viewer").post(f"/aliases/{second.pk}/switch").status_code == 403
        assert visitor(outsider).post(f"/aliases/{second.pk}/switch").status_code == 404
        assert routing(buyer) == ["p/one"]


class TestDetail:
    def test_tells_where_it_has_led_and_who_said_so(self, buyer):
        made(buyer)
        second = made(buyer, "p/two")
        client = visitor(buyer)
        client.post(f"/aliases/{second.pk}/switch")

        page = client.get("/aliases/names/chat").content.decode()

        history = page[page.index("History") :]
        assert history.index("p/two") < history.index("p/one")
        assert history.count(str(owner_of(buyer))) == 2

    def test_stays_readable_when_all_targets_are_removed(self, buyer):
        alias = made(buyer)
        client = visitor(buyer)

        client.post(f"/aliases/{alias.pk}/remove")

        assert "stopped" in client.get("/aliases/names/chat").content.decode()
        assert client.get(f"/aliases/{alias.pk}").status_code == 404
        assert client.post(f"/aliases/{alias.pk}/switch").status_code == 404

    def test_does_not_exist_for_outsiders(self, buyer, outsider):
        made(buyer)

        assert visitor(outsider).get("/aliases/names/chat").status_code == 404


class TestEdit:
    def test_changes_the_target_and_notes_it(self, buyer):
        alias = made(buyer)

        response = visitor(buyer).post(f"/aliases/{alias.pk}", FORM | {"target_path": "/p/new", "description": "x"})

        assert went_to(response) == "/aliases/names/chat"
        assert routing(buyer) == ["p/new"]
        assert [each.to_target for each in queries.switches(team=buyer, name="chat")] == ["p/new", "p/one"]

    def test_shows_the_key_as_people_type_it(self, buyer):
        alias = made(buyer, request_routing_key={"model": "small"})

        page = visitor(buyer).get(f"/aliases/{alias.pk}").content.decode()

        assert "{&quot;model&quot;: &quot;small&quot;}" in page
        assert "null" not in page

    def test_names_what_is_wrong(self, buyer):
        alias = made(buyer)

        assert visitor(buyer).post(f"/aliases/{alias.pk}", FORM | {"target_path": "x"}).status_code == 422
        assert routing(buyer) == ["p/one"]
