"""Lists and details of services over the API."""

from __future__ import annotations

from typing import Any

import pytest

from marketplace.catalog.models import Service
from tests.factories.marketplace import files, make_service, upload

_UPDATED = {"offering": {"description": "Another text."}}


class TestServiceList:
    @pytest.fixture
    def many(self, seller) -> list[Service]:
        make = [make_service(seller, namespace="acme", name=name) for name in ("alpha", "beta")]
        byok = {"own": {"base_url": "https://up.example", "api_key": "${ customer_secrets.KEY }"}}
        make.append(
            make_service(
                seller, namespace="zenith", name="gamma", status="draft", offering={"upstream_access_config": byok}
            )
        )
        make.append(make_service(seller, namespace="acme", name="old", status="deprecated"))
        return make

    def names(self, answer: Any) -> list[str]:
        return [row["name"] for row in answer.json()["data"]]

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ("", ["zenith/gamma", "acme/beta", "acme/alpha"]),
            ("?status=draft", ["zenith/gamma"]),
            ("?status=deprecated", ["acme/old"]),
            ("?provider=ZEN", ["zenith/gamma"]),
            ("?channel_type=byok", ["zenith/gamma"]),
            ("?listing_type=managed", ["acme/beta", "acme/alpha"]),
            ("?service_type=embedding", []),
            ("?visibility=public&status=active", ["acme/beta", "acme/alpha"]),
            ("?name=acme/*", ["acme/beta", "acme/alpha"]),
            ("?name=%25gam%25", ["zenith/gamma"]),
            ("?name=acme", []),
            ("?name=acme/alpha", ["acme/alpha"]),
            ("?name=.*", []),
        ],
    )
    def test_can_be_narrowed(self, call, many, query, names):
        assert self.names(call("GET", f"/services{query}")) == names

    def test_by_ids_also_returns_revisions_and_deprecated_ones(self, call, seller, many):
        revision = upload(seller, files(name="alpha", **_UPDATED)).service

        answer = call("GET", f"/services?ids={many[0].pk}&ids={many[3].pk}").json()["data"]

        assert {row["id"] for row in answer} == {str(many[0].pk), str(many[3].pk), str(revision.pk)}
        original = next(row for row in answer if row["id"] == str(many[0].pk))
        assert (original["pending_revision_id"], original["pending_revision_status"]) == (str(revision.pk), "draft")

    @pytest.mark.parametrize("query", ["?name=a?b", "?name=[ab]", "?status=unheard", "?ids=1234", "?cursor=%25%25"])
    def test_refuses_what_it_cannot_read(self, call, query):
        answer = call("GET", f"/services{query}")

        assert answer.status_code == 422
        assert isinstance(answer.json()["detail"], list)

    def test_is_read_page_by_page(self, call, many):
        first = call("GET", "/services?limit=2").json()
        make_cursor = first["next_cursor"]
        second = call("GET", f"/services?limit=2&cursor={make_cursor}").json()

        assert [row["name"] for row in first["data"] + second["data"]] == ["zenith/gamma", "acme/beta", "acme/alpha"]
        assert (first["has_more"], second["has_more"], second["next_cursor"]) == (True, False, None)

    @pytest.mark.parametrize("limit", [0, 100000, -1])
    def test_clamps_the_limit(self, call, limit):
        assert call("GET", f"/services?limit={limit}").status_code == 200

    def test_asks_the_database_as_often_for_many_as_for_few(self, call, seller, django_assert_num_queries):
        make_service(seller, namespace="acme", name="alpha")
        with django_assert_num_queries(2):
            call("GET", "/services")
        for name in ("beta", "gamma", "delta"):
            make_service(seller, namespace="acme", name=name)

        with django_assert_num_queries(2):
            call("GET", "/services")


class TestServiceDetail:
    def test_has_everything_that_clients_need(self, call, seller):
        service = make_service(seller, namespace="acme")

        answer = call("GET", f"/services/{service.pk}").json()

        assert {"name", "contact_email", "homepage"} <= set(answer["provider"])
        assert {"name", "summary", "description"} <= set(answer["offering"])
        assert answer["offering"]["upstream_access_config"]["default"]["type"] == "managed"
        assert answer["price"]["type"] == "one_million_tokens"
        assert [row["base_url"] for row in answer["interfaces"]] == ["http://testserver/p/acme/chat"]
        assert [row["category"] for row in answer["documents"]] == ["connectivity_test"]

    def test_emits_only_types_that_clients_know(self, call, seller):
        service = upload(seller, files(offering={"service_type": "text_to_speech", "details": None})).service

        assert call("GET", f"/services/{service.pk}").json()["offering"]["service_type"] == "llm"

    def test_is_found_by_the_beginning_of_its_id(self, call, seller):
        service = upload(seller).service

        assert call("GET", f"/services/{str(service.pk)[:8]}").json()["service_id"] == str(service.pk)
        assert call("GET", f"/services/{str(service.pk)[:13]}").status_code == 200

    @pytest.mark.parametrize("text", ["1234567", "zzzzzzzz", "00000000-0000-0000-0000-000000000000", "x" * 400])
    def test_is_404_when_there_is_none(self, call, text):
        answer = call("GET", f"/services/{text}")

        assert answer.status_code == 404
        assert isinstance(answer.json()["detail"], str)


class TestDeprecated:
    def test_is_a_bare_list(self, call, seller):
        ended = make_service(seller, status="deprecated")

        rows = call("GET", "/services/deprecated").json()

        assert [row["id"] for row in rows] == [str(ended.pk)]
        assert rows[0]["deprecated_at"].startswith("2026-11-21T12:00:00")
