"""Services changed, submitted and deleted over the API."""

from __future__ import annotations

import pytest

from marketplace.catalog import services
from marketplace.catalog.models import Service
from tests.factories.marketplace import NOON, files, make_service, upload

_UPDATED = {"offering": {"description": "Another text."}}


class TestChange:
    @pytest.fixture
    def service(self, seller) -> Service:
        return make_service(seller, namespace="acme")

    def test_of_the_price_takes_both_words(self, call, service):
        price = {"type": "constant", "price": "0.25"}

        for word in ("price", "list_price"):
            answer = call("PATCH", f"/services/{service.pk}", {word: price}).json()
            assert answer["price"] == answer["list_price"] == price

        service.refresh_from_db()
        assert service.list_price.price == price
        assert service.listing.data["list_price"] == price

    def test_of_the_price_may_be_partial(self, call, service):
        answer = call("PATCH", f"/services/{service.pk}", {"price": {"set": {"input": "9"}, "remove": ["description"]}})

        assert answer.json()["price"] == {"type": "one_million_tokens", "input": "9", "output": "2.00"}

    def test_of_the_type_of_a_price_drops_the_fields_of_the_former(self, call, service):
        price = {"type": "constant", "price": "2.50"}

        assert call("PATCH", f"/services/{service.pk}", {"list_price": {"set": price}}).json()["price"] == price

    def test_of_the_price_is_checked_like_an_upload(self, call, service):
        answer = call("PATCH", f"/services/{service.pk}", {"price": {"type": "revenue_share", "percentage": "5"}})

        assert answer.status_code == 422
        assert answer.json()["detail"][0]["msg"].startswith("list_price")

    def test_of_routing_variables_moves_the_addresses(self, call, seller):
        service = make_service(
            seller,
            namespace="acme",
            listing={
                "user_access_interfaces": {"i": {"base_url": "${API_GATEWAY_BASE_URL}/acme/{{ routing_vars.zone }}"}},
                "service_options": {"routing_vars": {"zone": "north", "size": "xl"}},
            },
        )
        before = service.interfaces.get().live_address

        answer = call(
            "PATCH", f"/services/{service.pk}", {"routing_vars": {"set": {"zone": "south"}, "remove": ["size"]}}
        )

        assert answer.json()["routing_vars"] == {"zone": "south"}
        assert (before, service.interfaces.get().live_address) == ("api|acme/north|", "api|acme/south|")

    @pytest.mark.parametrize(
        ("wanted", "told"),
        [
            ({"zone": ["north"]}, "service_options.routing_vars.zone: must be text, a number, true or false"),
            ({"set": {"host.name": "x"}}, "service_options.routing_vars.host: must be text, a number, true or false"),
            ({"remove": ["zone"]}, "'routing_vars.zone' is not declared (known: size)"),
            ({"set": {"host" + ".x" * 3_000: 1}}, "nested deeper"),
        ],
    )
    def test_of_routing_variables_keeps_what_the_service_reads(self, call, seller, wanted, told):
        channel = {"access_method": "http", "base_url": "https://upstream.example/{{ routing_vars.zone }}"}
        variables = {"zone": "north", "size": "xl"}
        service = make_service(
            seller,
            namespace="acme",
            offering={"upstream_access_config": {"default": channel}},
            listing={"service_options": {"routing_vars": variables}},
        )

        answer = call("PATCH", f"/services/{service.pk}", {"routing_vars": wanted})

        service.refresh_from_db()
        assert (answer.status_code, service.routing_vars) == (422, variables)
        assert told in answer.json()["detail"][0]["msg"]

    @pytest.mark.parametrize("field", ["price", "routing_vars"])
    @pytest.mark.parametrize("wanted", [{"set": "x"}, {"set": [1]}, {"remove": 5}, {"remove": "x"}, {"remove": [5]}])
    def test_says_how_a_part_is_changed(self, call, service, field, wanted):
        answer = call("PATCH", f"/services/{service.pk}", {field: wanted})

        assert answer.status_code == 422
        assert "Write it like" in answer.json()["detail"][0]["msg"]

    def test_of_the_status_follows_the_lifecycle(self, call, service):
        refused = call("PATCH", f"/services/{service.pk}", {"status": "draft"})
        done = call("PATCH", f"/services/{service.pk}", {"status": "deprecated"})

        assert refused.status_code == 400
        assert "from active to draft" in refused.json()["detail"]
        assert done.json()["status"] == "deprecated"

    def test_of_several_things_is_all_or_nothing(self, call, service):
        body = {"price": {"type": "constant", "price": "9"}, "status": "draft"}

        assert call("PATCH", f"/services/{service.pk}", body).status_code == 400
        service.refresh_from_db()
        assert service.list_price.price["type"] == "one_million_tokens"

    @pytest.mark.parametrize("body", [{"status": "flying"}, {"visibility": "secret"}, {"warp": 1}, {"price": "free"}])
    def test_refuses_unknown_words(self, call, service, body):
        assert call("PATCH", f"/services/{service.pk}", body).status_code == 422

    def test_into_private_names_the_way(self, call, service):
        answer = call("PATCH", f"/services/{service.pk}", {"visibility": "private"})

        assert answer.status_code == 400
        assert "Private services cannot be changed with set-visibility" in answer.json()["detail"]


class TestSubmit:
    def test_passes_a_service_on(self, call, seller):
        service = upload(seller).service

        answer = call("POST", f"/services/{service.pk}/submit")

        assert answer.status_code == 200
        assert answer.json()["status"] == "review"

    def test_lists_the_problems(self, call, seller):
        service = upload(seller, files(listing={"documents": None})).service

        answer = call("POST", f"/services/{service.pk}/submit")

        service.refresh_from_db()
        assert (answer.status_code, service.status) == (400, "rejected")
        assert any("connectivity_test" in problem for problem in answer.json()["detail"]["problems"])

    def test_of_what_is_on_sale_is_refused(self, call, seller):
        service = make_service(seller)

        assert call("POST", f"/services/{service.pk}/submit").status_code == 400


class TestDelete:
    def test_removes_a_draft(self, call, seller):
        service = upload(seller).service

        answer = call("DELETE", f"/services/{service.pk}").json()

        assert (answer["can_delete"], answer["deleted"]) == (True, True)
        assert not Service.objects.exists()

    def test_can_be_tried(self, call, seller):
        draft, active = upload(seller).service, make_service(seller)

        answers = [call("DELETE", f"/services/{each.pk}?dryrun=true").json() for each in (draft, active)]

        assert [(each["can_delete"], each["deleted"]) for each in answers] == [(True, False), (False, False)]
        assert Service.objects.count() == 2

    def test_of_what_was_on_sale_is_refused(self, call, seller):
        assert call("DELETE", f"/services/{make_service(seller).pk}").status_code == 400


def test_withdrawn_revision_can_be_deleted(call, seller):
    service = make_service(seller, namespace="acme")
    revision = upload(seller, files(**_UPDATED)).service
    services.submit(service=revision, by=None, now=NOON)
    call("PATCH", f"/services/{revision.pk}", {"status": "draft"})

    assert call("DELETE", f"/services/{revision.pk}").json()["deleted"] is True
    assert list(Service.objects.all()) == [service]
