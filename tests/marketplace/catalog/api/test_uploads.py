"""Files and services uploaded over the API, and the tasks that ingest them."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from marketplace.catalog.models import Blob, Service
from marketplace.catalog.services import blobs
from tests.factories.marketplace import as_payload, files
from tests.factories.programs import ROOT, Caller


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

    @pytest.mark.parametrize("body", [{}, {"data": {}}, {"data": {"provider_data": []}}, None])
    def test_refuses_a_body_of_another_shape(self, call, body):
        answer = call("POST", "/services", body)

        assert answer.status_code == 422
        assert {"loc", "msg", "type"} <= set(answer.json()["detail"][0])

    def test_refuses_a_list(self, call):
        answer = call("POST", "/services", [])

        assert answer.status_code == 400
        assert "The body cannot be read" in answer.json()["detail"]


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
