"""Who may call the sellers' API, and what others learn."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.teams.models import Role
from tests.factories.accounts import TeamFactory
from tests.factories.marketplace import as_payload, files, make_service, upload
from tests.factories.programs import ROOT, Caller


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
