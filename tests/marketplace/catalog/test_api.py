"""The sellers' API as its published client uses it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.teams.models import Role, Team
from gateway_admin.api_keys import services as api_keys
from marketplace.catalog import services
from marketplace.catalog.models import Blob, Service
from marketplace.catalog.services import blobs
from tests.factories.accounts import TeamFactory
from tests.factories.marketplace import NOON, as_payload, files, make_service, upload

ROOT = "/v1/seller"
_UPDATED = {"offering": {"description": "Another text."}}


class Caller:
    """A seller's client: JSON in, JSON out, no redirects."""

    def __init__(self, team: Team, role: str = Role.OWNER) -> None:
        _, self.key = api_keys.issue(team=team, role=role, name="test", by=None, now=NOON)
        self.client = Client(headers={"Authorization": f"Bearer {self.key}"})

    def __call__(self, method: str, path: str, body: Any = None, **extra: Any) -> Any:
        data = json.dumps(body) if body is not None else ""
        return self.client.generic(method, ROOT + path, data, content_type="application/json", **extra)


@pytest.fixture
def call(seller) -> Caller:
    return Caller(seller)


@pytest.fixture
def outsiders_call(outsider) -> Caller:
    return Caller(outsider)


class TestAuthentication:
    @pytest.mark.parametrize("path", ["/services", "/tasks/?id=a", "/services/deprecated"])
    def test_without_a_key_is_401(self, db, path):
        answer = Client().get(ROOT + path)

        assert answer.status_code == 401
        assert isinstance(answer.json()["detail"], str)

    def test_with_a_customers_key_is_403(self, db):
        answer = Caller(TeamFactory())("GET", "/services")

        assert answer.status_code == 403
        assert isinstance(answer.json()["detail"], str)

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("POST", "/services", as_payload(files())),
            ("POST", "/upload", None),
            ("PATCH", "/services/{id}", {"visibility": "public"}),
            ("DELETE", "/services/{id}", None),
            ("POST", "/services/{id}/submit", None),
        ],
    )
    def test_with_a_viewers_key_changes_nothing(self, seller, method, path, body):
        service = upload(seller).service
        viewer = Caller(seller, Role.VIEWER)
        target = path.format(id=service.pk)

        if path == "/upload":
            answer = viewer.client.post(ROOT + target, {"file": SimpleUploadedFile("a.md", b"a")})
        else:
            answer = viewer(method, target, body)

        assert answer.status_code == 403


class TestSpelling:
    @pytest.mark.parametrize("path", ["/services", "/services/", "/services/deprecated", "/services/deprecated/"])
    def test_of_the_last_slash_does_not_matter(self, call, path):
        assert call("GET", path).status_code == 200

    @pytest.mark.parametrize("path", ["/tasks", "/tasks/"])
    def test_of_tasks_does_not_matter(self, call, path):
        assert call("GET", f"{path}?id=x").status_code == 200


class TestUploadFile:
    def post(self, call: Caller, content: bytes, name: str = "guide.md") -> Any:
        return call.client.post(f"{ROOT}/upload", {"file": SimpleUploadedFile(name, content, "text/markdown")})

    def test_answers_with_the_key_of_its_content(self, call):
        answer = self.post(call, b"# Guide").json()

        assert answer == {
            "object_key": hashlib.sha256(b"# Guide").hexdigest() + ".md",
            "filename": "guide.md",
            "mime_type": "text/markdown",
            "size": 7,
            "uploaded": True,
        }

    def test_stores_the_same_bytes_once(self, call, outsiders_call):
        self.post(call, b"# Guide")

        assert self.post(outsiders_call, b"# Guide", "other.md").json()["uploaded"] is False
        assert Blob.objects.count() == 1

    @pytest.mark.parametrize(
        ("name", "suffix"), [("a.sh.j2", ".j2"), ("noextension", ""), ("../../etc/passwd.MD", ".MD"), ("x.", "")]
    )
    def test_keeps_the_last_extension(self, call, name, suffix):
        key = self.post(call, b"x", name).json()["object_key"]

        assert key == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881" + suffix

    def test_refuses_what_is_too_large(self, call, monkeypatch):
        monkeypatch.setattr(blobs, "SIZE_LIMIT", 10)

        answer = self.post(call, b"x" * 11)

        assert answer.status_code == 413
        assert isinstance(answer.json()["detail"], str)

    def test_refuses_a_body_that_is_too_large_unread(self, call):
        announced = str(blobs.SIZE_LIMIT + 1024 * 1024)

        answer = call.client.post(f"{ROOT}/upload", b"", "multipart/form-data; boundary=x", CONTENT_LENGTH=announced)

        assert answer.status_code == 413
        assert isinstance(answer.json()["detail"], str)

    def test_needs_a_file(self, call):
        answer = call.client.post(f"{ROOT}/upload", {})

        assert answer.status_code == 422
        assert isinstance(answer.json()["detail"], list)


class TestUploadService:
    def test_is_accepted_and_ingested(self, call, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            answer = call("POST", "/services", as_payload(files()))

        assert answer.status_code == 202
        assert answer.json()["status"] == "queued"
        task_id = answer.json()["task_id"]
        task = call("GET", f"/tasks/?id={task_id}").json()[task_id]
        assert (task["status"], task["state"]) == ("completed", "SUCCESS")
        assert task["result"]["service_id"] == str(Service.objects.get().pk)

    def test_submits_when_asked_to(self, call, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            call("POST", "/services?auto_submit=true", as_payload(files()))

        assert Service.objects.get().status == "review"

    def test_tells_every_problem_in_the_task(self, call, django_capture_on_commit_callbacks):
        broken = as_payload(files(provider={"contact_email": "x"}, listing={"currency": "DUCATS"}))
        with django_capture_on_commit_callbacks(execute=True):
            task_id = call("POST", "/services", broken).json()["task_id"]

        task = call("GET", f"/tasks/{task_id}").json()
        assert (task["status"], task["state"]) == ("failed", "FAILURE")
        assert "contact_email" in task["error"]
        assert "currency" in task["error"]

    def test_starts_once_for_an_idempotency_key(self, call):
        headers = {"Idempotency-Key": "once-1"}
        first = call("POST", "/services", as_payload(files()), headers=headers)
        second = call("POST", "/services", as_payload(files()), headers=headers)

        assert first.json() == second.json()
        assert first.json()["task_id"] == "once-1"

    def test_refuses_a_malformed_key(self, call):
        answer = call("POST", "/services", as_payload(files()), headers={"Idempotency-Key": "a b"})

        assert answer.status_code == 422
        assert answer.json()["detail"][0]["msg"].startswith("Idempotency-Key")

    @pytest.mark.parametrize("body", [{}, {"data": {}}, {"data": {"provider_data": []}}, [], None])
    def test_refuses_a_body_of_another_shape(self, call, body):
        answer = call("POST", "/services", body)

        assert answer.status_code == 422
        assert {"loc", "msg", "type"} <= set(answer.json()["detail"][0])


class TestTasks:
    def test_answer_every_id_asked_for(self, call, outsiders_call):
        theirs = outsiders_call("POST", "/services", as_payload(files())).json()["task_id"]

        answer = call("GET", f"/tasks/?id={theirs}&id=unknown").json()

        assert {key: entry["status"] for key, entry in answer.items()} == {theirs: "pending", "unknown": "pending"}
        assert answer[theirs]["result"] is None

    @pytest.mark.parametrize("ids", [0, 101])
    def test_are_one_to_a_hundred(self, call, ids):
        query = "&".join(f"id={number}" for number in range(ids))

        assert call("GET", f"/tasks/?{query}").status_code == 422


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


class TestIsolation:
    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("GET", "/services/{id}", None),
            ("PATCH", "/services/{id}", {"status": "pending"}),
            ("DELETE", "/services/{id}", None),
            ("POST", "/services/{id}/submit", None),
        ],
    )
    def test_another_sellers_service_is_404(self, outsiders_call, seller, method, path, body):
        service = upload(seller).service

        answer = outsiders_call(method, path.format(id=service.pk), body)

        service.refresh_from_db()
        assert (answer.status_code, service.status) == (404, "draft")

    def test_lists_show_ones_own_alone(self, outsiders_call, seller):
        service = make_service(seller)
        make_service(seller, status="deprecated")

        assert outsiders_call("GET", "/services").json()["data"] == []
        assert outsiders_call("GET", f"/services?ids={service.pk}").json()["data"] == []
        assert outsiders_call("GET", "/services/deprecated").json() == []


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


class TestDeprecated:
    def test_is_a_bare_list(self, call, seller):
        ended = make_service(seller, status="deprecated")

        rows = call("GET", "/services/deprecated").json()

        assert [row["id"] for row in rows] == [str(ended.pk)]
        assert rows[0]["deprecated_at"].startswith("2026-11-21T12:00:00")


def test_withdrawn_revision_can_be_deleted(call, seller):
    service = make_service(seller, namespace="acme")
    revision = upload(seller, files(**_UPDATED)).service
    services.submit(service=revision, by=None, now=NOON)
    call("PATCH", f"/services/{revision.pk}", {"status": "draft"})

    assert call("DELETE", f"/services/{revision.pk}").json()["deleted"] is True
    assert list(Service.objects.all()) == [service]
