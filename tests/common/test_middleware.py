from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path

from common.errors import DomainError, NotFound
from common.storage.objects import objects
from tests.factories.accounts import TeamFactory, owner_of


class Refused(DomainError):
    code = "insufficient_funds"
    sentence = "Top up: <b>{needed}</b> is missing."


def refuse(request: HttpRequest) -> HttpResponse:
    raise Refused(needed="5.00 USD")


def miss(request: HttpRequest) -> HttpResponse:
    raise NotFound(what="enrollment")


def break_down(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


urlpatterns = [
    path("refuse", refuse),
    path("miss", miss),
    path("break", break_down),
    *__import__("config.urls", fromlist=["urlpatterns"]).urlpatterns,
]


@pytest.fixture(autouse=True)
def _addresses():
    with override_settings(ROOT_URLCONF=__name__):
        yield


@pytest.mark.django_db
class TestDomainErrors:
    def test_become_a_page_with_the_sentence_and_the_status(self, client: Client):
        response = client.get("/refuse")

        assert response.status_code == 402
        assert "Top up: &lt;b&gt;5.00 USD&lt;/b&gt; is missing." in response.content.decode()
        assert response.headers["X-Request-Id"] in response.content.decode()

    @pytest.mark.parametrize("address", ["aliases?q=%00", "aliases/names/%00", "secrets/x%00", "statements/%00"])
    def test_say_that_a_character_cannot_be_stored(self, client: Client, address):
        client.force_login(owner_of(TeamFactory()))

        response = client.get(f"/{address}")

        assert response.status_code == 400
        assert "cannot be stored" in response.content.decode()

    def test_become_a_message_for_htmx(self, client: Client):
        response = client.get("/refuse", headers={"HX-Request": "true"})

        assert response.status_code == 402
        assert response.headers["HX-Retarget"] == "#messages"
        assert "<html" not in response.content.decode()

    def test_say_the_same_of_what_is_missing_and_of_what_never_was(self, client: Client):
        missing, never = client.get("/miss"), client.get("/never-was")

        assert missing.status_code == never.status_code == 404
        assert _without_addresses(missing, "/miss") == _without_addresses(never, "/never-was")

    def test_leave_mistakes_of_ours_to_the_error_page(self, client: Client):
        client.raise_request_exception = False

        response = client.get("/break")

        assert response.status_code == 500
        assert "Something went wrong on our side" in response.content.decode()


def _without_addresses(response: HttpResponse, address: str) -> str:
    return response.content.decode().replace(address, "")


@pytest.mark.django_db
class TestRequestIds:
    def test_stand_on_redirects_to_https_downloads_and_mistakes_of_ours(self, client: Client, settings):
        name = objects().save(f"account-files/test/{uuid4()}", ContentFile(b"words"))
        address = objects().signed_url(name, filename="a.txt", content_type="text/plain", expires_in=60)
        client.raise_request_exception = False

        download, mistake = client.get(address.removeprefix(settings.SITE_URL)), client.get("/break")
        settings.SECURE_SSL_REDIRECT = True
        redirect = Client().get("/market")

        assert [each.status_code for each in (download, mistake, redirect)] == [200, 500, 301]
        assert len({each.headers["X-Request-Id"] for each in (download, mistake, redirect)}) == 3

    async def test_stand_on_the_answers_of_asynchronous_servers(self):
        assert (await AsyncClient().get("/never-was")).headers["X-Request-Id"]


class TestFiles:
    """Asked as commands and tests ask, and as the servers do."""

    @pytest.fixture(autouse=True)
    def _files(self, settings, tmp_path: Path):
        (tmp_path / "words.txt").write_text("some words")
        settings.STATIC_ROOT = str(tmp_path)

    def test_are_served(self):
        served = Client().get("/static/words.txt")

        assert (served.status_code, b"".join(served)) == (200, b"some words")

    async def test_are_served_asynchronously(self):
        served = await AsyncClient().get("/static/words.txt")

        assert (served.status_code, b"".join([each async for each in served.streaming_content])) == (200, b"some words")

    @pytest.mark.django_db
    def test_that_are_not_there_are_a_missing_page(self):
        assert Client().get("/static/other.txt").status_code == 404
