"""Several files uploaded at a page: told apart file by file, stored all together or not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from billing.promotions.models import PriceRule
from marketplace.catalog.models import Service, ServiceGroup
from tests.factories.accounts import TeamFactory
from tests.factories.marketplace import files
from tests.factories.visitors import HTMX, visitor

pytestmark = pytest.mark.django_db

Files = dict[str, Any]


def bundle(name: str = "chat", folder: str = "", **changes: Any) -> Files:
    """Return {path: content} of the files of a service."""
    made = files("acme", name, **changes)
    return {
        f"{folder}provider.json": made.provider,
        f"{folder}offering.json": made.offering,
        f"{folder}listing.json": made.listing,
    }


def uploaded(client: Client, chosen: Files, *, with_paths: bool = True, **headers: Any) -> HttpResponse:
    """Upload files as the page does: bytes and texts as they are, the rest as JSON."""
    contents = {
        path: content if isinstance(content, bytes) else json.dumps(content).encode()
        for path, content in chosen.items()
    }
    sent: dict[str, Any] = {"files": [SimpleUploadedFile(path, content) for path, content in contents.items()]}
    if with_paths:
        sent["paths"] = list(contents)
    return client.post("/seller/services/upload", sent, **headers)


def told(answer: HttpResponse) -> dict[str, tuple[str, ...]]:
    return {each.path: each.problems for each in answer.context["received"].files}


class TestUpload:
    def test_makes_a_draft_and_leads_to_it(self, seller):
        answer = uploaded(visitor(seller), bundle(), with_paths=False)

        service = Service.objects.get()
        assert (service.name, service.status, service.seller) == ("acme/chat", "draft", seller)
        assert answer["Location"] == f"/seller/services/{service.pk}"

    def test_says_which_file_is_broken_and_stores_none(self, seller):
        chosen = bundle() | {"offering.json": b'{"name": "chat",}'}

        answer = uploaded(visitor(seller), chosen)

        assert answer.status_code == 422
        assert [path for path, problems in told(answer).items() if problems] == ["offering.json"]
        assert not Service.objects.exists()

    def test_puts_a_broken_rule_to_the_file_that_breaks_it(self, seller):
        answer = uploaded(visitor(seller), bundle(offering={"summary": 5}, listing={"currency": "PAW"}))

        problems = told(answer)
        assert problems["provider.json"] == ()
        assert "summary" in problems["offering.json"][0]
        assert "currency" in problems["listing.json"][0]
        page = answer.content.decode()
        assert "2 files to mend" in page
        assert 'data-upload-told="offering.json"' in page

    def test_takes_the_mended_files_again(self, seller):
        client = visitor(seller)
        refused = uploaded(client, bundle(offering={"summary": 5}), **HTMX)
        answer = uploaded(client, bundle(), **HTMX)

        assert refused.content.decode().lstrip().startswith('<div id="upload-result">')
        assert answer["HX-Redirect"] == f"/seller/services/{Service.objects.get().pk}"

    def test_takes_a_folder_of_services_with_their_documents(self, seller):
        guide = {"Guide": {"category": "getting_started", "mime_type": "markdown", "file_path": "guide.md"}}
        chosen = bundle("one", "specs/acme/one/", listing={"name": "acme/one", "documents": guide})
        chosen["specs/acme/one/guide.md"] = b"# Hello"
        chosen |= bundle("two", "specs/acme/two/")

        answer = uploaded(visitor(seller), chosen)

        assert answer["Location"] == "/seller/services"
        assert sorted(Service.objects.values_list("name", flat=True)) == ["acme/one", "acme/two"]

    def test_stores_nothing_of_a_folder_with_one_broken_service(self, seller):
        chosen = bundle("one", "a/one/") | bundle("two", "a/two/", listing={"currency": "PAW"})

        answer = uploaded(visitor(seller), chosen)

        assert [path for path, problems in told(answer).items() if problems] == ["a/two/listing.json"]
        assert not Service.objects.exists()

    def test_takes_promotions_and_groups_and_tries_them_without_writing(self, seller):
        promotion = {"name": "sale", "pricing": {"type": "multiply", "factor": "0.80"}, "scope": {}}
        group = {"name": "pool", "display_name": "Pool"}
        chosen = {"promotion.json": promotion, "service_group.json": group}
        refused = uploaded(visitor(seller), chosen | bundle(listing={"currency": "PAW"}))
        stored = PriceRule.objects.count() + ServiceGroup.objects.filter(owner=seller).count()

        uploaded(visitor(seller), chosen)

        assert (refused.status_code, stored) == (422, 0)
        assert PriceRule.objects.get().name == "sale"
        assert ServiceGroup.objects.filter(owner=seller, name="pool").exists()

    @pytest.mark.parametrize(
        ("kind", "content"),
        [
            ("group", {"name": "fast", "display_name": "Fast"}),
            ("promotion", {"name": "fast", "pricing": {"type": "multiply", "factor": "0.8"}}),
        ],
    )
    def test_lets_no_file_replace_another_of_the_same_name(self, seller, kind, content):
        chosen = {f"{kind}s/a.json": content, f"{kind}s/b.json": {**content, "description": "Another."}}

        answer = uploaded(visitor(seller), chosen)

        problem = f"name: 'fast' is already the name in {kind}s/a.json. Give each {kind} a name of its own."
        assert told(answer) == {f"{kind}s/a.json": (), f"{kind}s/b.json": (problem,)}
        assert not PriceRule.objects.exists()
        assert not ServiceGroup.objects.filter(name="fast").exists()

    def test_says_what_is_no_part_of_a_service(self, seller):
        client = visitor(seller)
        alone = uploaded(client, {"notes.json": {"a": 1}})
        beside = uploaded(client, bundle() | {"notes.json": {"a": 1}, "service.json": {}, "photo.png": b""})

        assert "no part of a service" in told(alone)["notes.json"][0]
        assert beside.status_code == 302
        said = [str(message) for message in get_messages(beside.wsgi_request)]
        assert [each.partition(":")[0] for each in said] == ["Stored", "notes.json", "photo.png"]

    def test_takes_documents_that_are_json_too(self, seller):
        request = {"Ask me": {"category": "request_template", "mime_type": "json", "file_path": "ask.json"}}
        chosen = bundle(listing={"documents": request}) | {"ask.json": {"question": "?"}}

        assert uploaded(visitor(seller), chosen).status_code == 302

    def test_says_what_is_missing(self, seller):
        chosen = bundle()
        del chosen["offering.json"]

        assert "no offering file" in told(uploaded(visitor(seller), chosen))["listing.json"][0]

    @pytest.mark.parametrize("path", ["../provider.json", "/etc/provider.json", "a/../../listing.json", "..\\x.json"])
    def test_writes_nowhere_else(self, seller, path):
        answer = uploaded(visitor(seller), {path: {}})

        assert answer.status_code == 422
        assert "no name of a file" in answer.content.decode()

    def test_refuses_none_and_too_many(self, seller):
        client = visitor(seller)

        assert "Choose at least one file" in uploaded(client, {}).content.decode()
        assert (
            "is there twice"
            in client.post(
                "/seller/services/upload", {"files": [SimpleUploadedFile("a.json", b"{}") for _ in range(2)]}
            ).content.decode()
        )

    def test_is_no_page_of_customers(self, db):
        assert visitor(TeamFactory()).get("/seller/services/upload").status_code == 404

    def test_replaces_nothing_of_strangers(self, seller, outsider):
        uploaded(visitor(outsider), bundle())

        answer = uploaded(visitor(seller), bundle())

        assert answer.status_code == 422
        assert Service.objects.get().seller == outsider
