"""Promotions over the sellers' API, as the published client uses it."""

from __future__ import annotations

import pytest

from accounts.teams.models import Role
from billing.promotions.models import PriceRule
from tests.factories.accounts import TeamFactory
from tests.factories.programs import Caller

pytestmark = pytest.mark.django_db
SALE = {"name": "Summer", "pricing": {"type": "multiply", "factor": "0.80"}}


@pytest.fixture
def seller():
    return TeamFactory(seller=True)


@pytest.fixture
def call(seller) -> Caller:
    return Caller(seller)


@pytest.fixture
def sale(call) -> dict[str, object]:
    return call("PUT", "/promotions", SALE).json()


def status(call: Caller, rule: dict[str, object], wanted: str):
    return call("PATCH", f"/promotions/{rule['id']}", {"status": wanted})


class TestUpload:
    def test_makes_a_draft_for_everybody(self, call, seller, sale):
        assert {key: sale[key] for key in ("name", "status", "source", "requires_redemption", "apply_at")} == {
            "name": "Summer",
            "status": "draft",
            "source": "seller_code",
            "requires_redemption": False,
            "apply_at": "request",
        }
        assert sale["created_by_id"] == sale["seller_id"] == str(seller.pk)
        assert sale["code"].startswith("rule-")

    def test_makes_a_code_once_and_keeps_it(self, call):
        file = {**SALE, "scope": {"customers": {"code": "{{ promotion_code(8) }}"}}}

        first = call("PUT", "/promotions", file).json()
        again = call("PUT", "/promotions", {**file, "description": "Better."}).json()

        assert len(first["code"]) == 8
        assert (again["id"], again["code"], again["description"]) == (first["id"], first["code"], "Better.")
        assert again["requires_redemption"] is True

    def test_again_keeps_the_status_that_the_file_does_not_say(self, call, sale):
        status(call, sale, "active")

        assert call("PUT", "/promotions", {**SALE, "priority": 3}).json()["status"] == "active"
        assert call("PUT", "/promotions", {**SALE, "status": "paused"}).json()["status"] == "paused"

    @pytest.mark.parametrize(
        ("wrong", "told"),
        [
            ({"pricing": {"type": "warp"}}, "pricing"),
            ({"scope": {"services": "all"}}, 'scope.services: must be "*" or a list of names'),
            ({"max_uses": 0}, "max_uses"),
            ({"name": ""}, "name"),
        ],
    )
    def test_is_checked_like_a_file(self, call, wrong, told):
        answer = call("PUT", "/promotions", {**SALE, **wrong})

        assert answer.status_code == 422
        assert any(told in problem["msg"] for problem in answer.json()["detail"])
        assert not PriceRule.objects.exists()

    def test_takes_the_time_as_the_command_line_sends_it(self, call):
        made = call("PUT", "/promotions", {**SALE, "expires_at": "2027-01-31T00:00:00+00:00", "max_uses": 5}).json()

        assert (made["expires_at"], made["max_uses"]) == ("2027-01-31T00:00:00Z", 5)

    def test_refuses_an_end_that_no_calendar_of_ours_has(self, call):
        answer = call("PUT", "/promotions", {**SALE, "expires_at": "9999-12-31T23:59:59-12:00"})

        assert (answer.status_code, call("GET", "/promotions").status_code) == (422, 200)

    def test_of_a_code_that_is_taken_is_a_conflict(self, call):
        other = Caller(TeamFactory(seller=True))
        file = {**SALE, "scope": {"customers": {"code": "SUMMER"}}}
        other("PUT", "/promotions", file)

        assert call("PUT", "/promotions", file).status_code == 409


class TestList:
    def test_is_newest_first_and_one_s_own(self, call, sale):
        Caller(TeamFactory(seller=True))("PUT", "/promotions", {**SALE, "name": "Theirs"})
        call("PUT", "/promotions", {**SALE, "name": "Winter"})

        answer = call("GET", "/promotions?limit=1000").json()

        assert [row["name"] for row in answer["data"]] == ["Winter", "Summer"]
        assert (answer["next_cursor"], answer["has_more"]) == (None, False)

    def test_is_read_page_by_page_and_narrowed(self, call, sale):
        winter = call("PUT", "/promotions", {**SALE, "name": "Winter", "status": "active"}).json()

        first = call("GET", "/promotions?limit=1").json()
        second = call("GET", f"/promotions?limit=1&cursor={first['next_cursor']}").json()

        assert [row["id"] for row in first["data"] + second["data"]] == [winter["id"], sale["id"]]
        assert [row["id"] for row in call("GET", "/promotions?status=active").json()["data"]] == [winter["id"]]
        assert call("GET", "/promotions?status=expired").status_code == 422

    def test_asks_the_database_as_often_for_many_as_for_few(self, call, sale, django_assert_num_queries):
        for number in range(3):
            call("PUT", "/promotions", {**SALE, "name": f"Sale {number}"})

        with django_assert_num_queries(2):
            call("GET", "/promotions")


class TestChange:
    def test_activates_pauses_and_activates_again(self, call, sale):
        words = [status(call, sale, wanted).json()["status"] for wanted in ("active", "paused", "active", "active")]

        assert words == ["active", "paused", "active", "active"]

    @pytest.mark.parametrize(("before", "wanted"), [("draft", "paused"), ("active", "draft"), ("paused", "draft")])
    def test_of_the_status_names_both(self, call, before, wanted):
        rule = call("PUT", "/promotions", {**SALE, "status": before}).json()

        answer = status(call, rule, wanted)

        assert answer.status_code == 400
        assert f"is {before} cannot become {wanted}" in answer.json()["detail"]

    def test_leaves_what_is_not_given(self, call):
        scope = {"customers": {"code": "SUMMER"}, "services": ["acme/chat"]}
        rule = call("PUT", "/promotions", {**SALE, "scope": scope, "priority": 4}).json()

        changed = call("PATCH", f"/promotions/{rule['id']}", {"pricing": {"type": "constant", "price": "-1"}}).json()

        assert changed["pricing"] == {"type": "constant", "price": "-1"}
        assert (changed["scope"], changed["priority"], changed["code"]) == (scope, 4, "SUMMER")

    def test_of_the_groups_keeps_the_customers(self, call):
        rule = call("PUT", "/promotions", {**SALE, "scope": {"customers": {"code": "SUMMER"}}}).json()

        changed = call("PATCH", f"/promotions/{rule['id']}", {"service_groups": ["fast-ones"]}).json()

        assert changed["scope"] == {"customers": {"code": "SUMMER"}, "services": ["fast-ones"]}
        assert changed["service_groups"] == ["fast-ones"]

    def test_of_the_groups_to_none_at_all_is_refused(self, call):
        sale = call("PUT", "/promotions", {**SALE, "scope": {"services": ["acme/chat"]}}).json()

        refused = call("PATCH", f"/promotions/{sale['id']}", {"service_groups": []})
        widened = call("PATCH", f"/promotions/{sale['id']}", {"service_groups": None})

        assert refused.status_code == 422
        assert 'write "*" for all' in refused.json()["detail"][0]["msg"]
        assert widened.json()["scope"] == {"services": "*"}

    def test_to_a_name_that_is_taken_is_a_conflict(self, call, sale):
        call("PUT", "/promotions", {**SALE, "name": "Winter"})

        answer = call("PATCH", f"/promotions/{sale['id']}", {"name": "Winter"})

        assert (answer.status_code, "already have a promotion" in answer.json()["detail"]) == (409, True)

    def test_is_checked_like_a_file(self, call, sale):
        answer = call("PATCH", f"/promotions/{sale['id']}", {"pricing": {"type": "warp"}})

        assert answer.status_code == 422
        assert isinstance(answer.json()["detail"], list)


class TestDelete:
    def test_removes_a_draft(self, call, sale):
        assert call("DELETE", f"/promotions/{sale['id']}").status_code == 204
        assert call("GET", f"/promotions/{sale['id']}").status_code == 404

    @pytest.mark.parametrize("wanted", ["active", "paused"])
    def test_of_what_has_lowered_prices_is_refused(self, call, wanted, sale):
        status(call, sale, "active")
        status(call, sale, wanted)

        answer = call("DELETE", f"/promotions/{sale['id']}")

        assert answer.status_code == 400
        assert "Only drafts can be deleted" in answer.json()["detail"]


class TestOutsiders:
    @pytest.mark.parametrize(("method", "body"), [("GET", None), ("PATCH", {"priority": 9}), ("DELETE", None)])
    def test_find_nothing(self, sale, method, body):
        other = Caller(TeamFactory(seller=True))

        theirs = other(method, f"/promotions/{sale['id']}", body)
        unknown = other(method, "/promotions/00000000-0000-4000-8000-000000000000", body)

        assert theirs.status_code == unknown.status_code == 404
        assert theirs.json()["detail"] == unknown.json()["detail"]

    def test_with_a_viewers_key_change_nothing(self, seller, sale):
        viewer = Caller(seller, role=Role.VIEWER)

        assert viewer("GET", f"/promotions/{sale['id']}").status_code == 200
        assert viewer("PUT", "/promotions", SALE).status_code == 403
        assert viewer("PATCH", f"/promotions/{sale['id']}", {"status": "active"}).status_code == 403
        assert viewer("DELETE", f"/promotions/{sale['id']}").status_code == 403
