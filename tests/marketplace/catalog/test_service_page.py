from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.teams.models import Team
from marketplace.catalog import services
from marketplace.catalog.models import Document, Service
from tests.factories.accounts import TeamFactory, owner_of
from tests.factories.marketplace import NOON, make_service

BYOK = {"own": {"base_url": "https://up.example/v1", "api_key": "${ customer_secrets.OPENAI_API_KEY }"}}
HOSTILE = "<script>alert(1)</script>"
DOCUMENTS = {
    "Quick start": {
        "category": "getting_started",
        "mime_type": "markdown",
        "file_content": f"# Hello\n\nWelcome **all**. {HOSTILE}",
        "is_public": True,
    },
    "Terms": {
        "category": "terms_of_service",
        "mime_type": "url",
        "external_url": "https://acme.example/t",
        "is_public": True,
    },
    "Example": {"category": "code_example", "mime_type": "python", "file_content": "print('hi')", "is_public": True},
    "Inner notes": {"category": "other", "mime_type": "text", "file_content": "For us alone."},
    "Connectivity test": {"category": "connectivity_test", "mime_type": "bash", "file_content": "echo connected"},
}


@pytest.fixture
def service(seller: Team) -> Service:
    return make_service(seller, namespace="acme", listing={"documents": DOCUMENTS})


class TestServiceDetail:
    @pytest.mark.parametrize(
        ("tab", "parts"),
        [
            (
                "",
                [
                    "A model that answers questions.",
                    "http://testserver/p/acme/chat",
                    "Managed",
                    "8192",
                    "No enrollment needed",
                ],
            ),
            ("nonsense", ["A model that answers questions."]),
            ("pricing", ["1.00 USD per 1 million input tokens", "Rates of this service", "A typical call"]),
            ("docs", ["Quick start", "<h3>Hello</h3>", "<strong>all</strong>", "Terms of service"]),
            ("code", ["svcpass_YOUR_KEY", "http://testserver/p/acme/chat/chat/completions", "Examples of the seller"]),
        ],
    )
    def test_has_an_address_for_each_tab(self, client: Client, service, tab, parts):
        page = client.get("/market/acme/chat", {"tab": tab}).content.decode()

        for part in parts:
            assert part in page
        assert page.count('class="tab-link"') >= 4
        assert page.count("<h1") == 1

    def test_works_out_what_so_many_calls_cost(self, client: Client, service):
        """At 1 and 2 USD a million tokens: 2,000 in and 1,000 out cost 0.004, a thousand times that 4."""
        asked = {"tab": "pricing", "input_tokens": "2,000", "output_tokens": "1000", "calls": "1000"}

        page = client.get("/market/acme/chat", asked).content.decode()

        assert "0.004 USD" in page
        assert "4.00 USD" in page

    @pytest.mark.parametrize("hostile", ["-1", "1e9", "9" * 30, "\x00", "<b>", "٣"])
    def test_takes_amounts_that_are_none_for_the_usual_ones(self, client: Client, service, hostile):
        page = client.get("/market/acme/chat", {"tab": "pricing", "input_tokens": hostile}).content.decode()

        assert 'name="input_tokens" inputmode="numeric" value="1000"' in " ".join(page.split())

    def test_tells_what_became_of_the_service_and_never_why(self, client: Client, service):
        services.suspend(service=service, reason="Between us.", by=None, now=NOON + timedelta(days=1))
        services.resume(service=service, by=None, now=NOON + timedelta(days=2))

        page = client.get("/market/acme/chat?tab=changelog").content.decode()

        told = re.findall(r"(\d+ Nov 2026)</time>([^<]+?)\s*</li>", page)
        assert told == [
            ("23 Nov 2026", "It is on sale again"),
            ("22 Nov 2026", "Its sale was suspended"),
            ("21 Nov 2026", "It was listed"),
        ]
        assert "Between us" not in page

    def test_is_found_by_its_id_too(self, client: Client, service):
        assert client.get(f"/market/{service.pk}").status_code == 200

    def test_never_shows_what_is_not_public(self, client: Client, service):
        for tab in ("", "pricing", "docs", "code"):
            page = client.get("/market/acme/chat", {"tab": tab}).content.decode()
            assert "Inner notes" not in page
            assert "echo connected" not in page
            assert "upstream.example" not in page

    def test_opens_the_document_that_was_asked_for(self, client: Client, service):
        terms = Document.objects.get(title="Terms")

        page = client.get("/market/acme/chat", {"tab": "docs", "doc": terms.pk}).content.decode()

        assert 'href="https://acme.example/t" rel="nofollow noopener ugc"' in page

    @pytest.mark.parametrize("snippet", ["pythön", "٦", "a; Path=/", "x" * 5000])
    @pytest.mark.parametrize("tab", ["", "code"])
    def test_remembers_no_language_that_is_none(self, client: Client, service, tab, snippet):
        answer = client.get("/market/acme/chat", {"tab": tab, "snippet": snippet})

        assert (answer.status_code, dict(answer.cookies)) == (200, {})  # servers send no other cookies than ASCII

    @pytest.mark.parametrize(
        ("snippet", "part"), [("python", "from openai"), ("javascript", "import"), ("nonsense", "curl ")]
    )
    def test_remembers_the_language(self, client: Client, service, snippet, part):
        first = client.get("/market/acme/chat", {"tab": "code", "snippet": snippet}).content.decode()
        again = client.get("/market/acme/chat", {"tab": "code"}).content.decode()

        assert _code(first) == _code(again)
        assert part in _code(again)

    def test_prints_no_real_key(self, client: Client, service, seller):
        client.force_login(owner_of(seller))

        assert "svcpass_YOUR_KEY" in client.get("/market/acme/chat?tab=code").content.decode()

    @pytest.mark.parametrize("status", ["draft", "pending", "review", "rejected", "suspended"])
    def test_is_unknown_to_all_but_its_seller_until_it_is_on_sale(self, client: Client, seller, outsider, status):
        make_service(seller, namespace="acme", status=status)
        anonymous = client.get("/market/acme/chat")
        client.force_login(owner_of(outsider))
        stranger = client.get("/market/acme/chat")
        client.force_login(owner_of(seller))

        assert (anonymous.status_code, stranger.status_code) == (404, 404)
        assert "Only your team sees this page" in client.get("/market/acme/chat").content.decode()

    def test_warns_of_an_end(self, client: Client, seller):
        make_service(seller, namespace="acme", status="deprecated")

        page = client.get("/market/acme/chat").content.decode()

        assert "This service is ending" in page
        assert "Call it now" not in page

    @pytest.mark.parametrize("reference", ["nobody/nothing", "x", "7d0d8e0e-0000-4000-8000-000000000001", "a\x00b"])
    def test_is_missing_when_there_is_none(self, client: Client, db, reference):
        assert client.get(f"/market/{reference}").status_code == 404

    def test_leads_to_the_enrollment_where_one_is_needed(self, client: Client, seller):
        schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
        made = make_service(
            seller,
            namespace="acme",
            offering={"upstream_access_config": {"default": {"base_url": "https://up.example/{{ params.city }}"}}},
            listing={
                "user_parameters_schema": schema,
                "service_options": {"default_visibility": "public", "ops_testing_parameters": {"city": "Bern"}},
            },
        )

        page = client.get("/market/acme/chat").content.decode()

        assert reverse("enrollments:create", args=[made.pk]) in page
        assert "No enrollment needed" not in page


class TestNeededSecrets:
    @pytest.fixture
    def own_key(self, seller: Team) -> Service:
        return make_service(seller, namespace="acme", offering={"upstream_access_config": BYOK})

    def test_are_named_with_a_way_to_store_them(self, client: Client, own_key):
        page = client.get("/market/acme/chat").content.decode()

        assert "OPENAI_API_KEY" in page
        assert 'href="/secrets/new?name=OPENAI_API_KEY"' in page

    def test_come_before_the_first_call(self, client: Client, own_key):
        client.force_login(owner_of(TeamFactory()))

        assert "Store your key" in client.get("/market/acme/chat").content.decode()


class TestDocumentFile:
    def test_is_saved_and_never_run(self, client: Client, service):
        document = Document.objects.get(title="Example")

        response = client.get(reverse("market:document", args=[document.pk]))

        assert response.headers["Content-Disposition"].startswith("attachment;")
        assert response.headers["Content-Type"] == "application/octet-stream"
        assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert b"".join(response.streaming_content) == b"print('hi')"

    @pytest.mark.parametrize("title", ["Inner notes", "Connectivity test", "Terms"])
    def test_is_unknown_unless_it_is_a_public_file(self, client: Client, service, outsider, title):
        document = Document.objects.get(title=title)
        client.force_login(owner_of(outsider))

        assert client.get(reverse("market:document", args=[document.pk])).status_code == 404


def _code(page: str) -> str:
    found = re.search(r'<pre class="hl"[^>]*><code>(.*?)</code>', page, re.DOTALL)
    return re.sub(r"<[^>]+>", "", found[1]) if found else ""
