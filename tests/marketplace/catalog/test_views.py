from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.teams.models import Team
from marketplace.catalog import services
from marketplace.catalog.models import Document, Service
from tests.factories.accounts import TeamFactory, owner_of
from tests.factories.marketplace import NOON, make_service

HTMX = {"HX-Request": "true"}
BYOK = {"own": {"base_url": "https://up.example/v1", "api_key": "${ customer_secrets.OPENAI_API_KEY }"}}
FREE = {"type": "constant", "price": "0"}
HOSTILE = "<script>alert(1)</script>"


def names(page: str) -> list[str]:
    return re.findall(r'class="market-card-link"\s+href="/market/([^"]+)"', page)


@pytest.fixture
def market(seller: Team) -> None:
    make_service(seller, namespace="acme", name="chat", listing={"display_name": "Acme Chat"})
    make_service(
        seller,
        namespace="acme",
        name="vectors",
        offering={"service_type": "embedding", "capabilities": ["embed"], "tags": ["slow"]},
        listing={"display_name": "Vector maker", "list_price": {"type": "constant", "price": "0.001"}},
    )
    make_service(
        seller,
        namespace="acme",
        name="own-key",
        offering={"upstream_access_config": BYOK},
        listing={"display_name": "Own Key", "list_price": FREE},
    )


@pytest.mark.usefixtures("market")
class TestMarketList:
    def test_opens_for_anybody_with_prices_and_badges(self, client: Client):
        page = client.get("/market").content.decode()

        assert set(names(page)) == {"acme/chat", "acme/vectors", "acme/own-key"}
        assert "1.00 USD" in page
        assert "BYOK" in page
        assert "3 services" in page

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("?q=vectors", ["acme/vectors"]),
            ("?type=embedding", ["acme/vectors"]),
            ("?channel=byok", ["acme/own-key"]),
            ("?price=free", ["acme/own-key"]),
            ("?type=llm&channel=managed", ["acme/chat"]),
            ("?sort=price", ["acme/own-key", "acme/vectors", "acme/chat"]),
            ("?sort=name", ["acme/chat", "acme/own-key", "acme/vectors"]),
            ("?price_from=0.0005&price_to=0.01", ["acme/vectors"]),
            ("?currency=EUR", []),
        ],
    )
    def test_keeps_its_whole_state_in_the_address(self, client: Client, query, expected):
        assert names(client.get(f"/market{query}").content.decode()) == expected

    @pytest.mark.parametrize(
        "query",
        ["?page=x", "?page=-1", "?sort=x", "?price_from=x", "?price_to=1e9", "?compare=x", "?type=%00", "?q=%00"],
    )
    def test_forgives_what_it_does_not_understand(self, client: Client, query):
        response = client.get(f"/market{query}")

        assert response.status_code == 200
        assert len(names(response.content.decode())) == 3

    def test_counts_what_each_filter_would_leave(self, client: Client):
        page = client.get("/market?channel=byok").content.decode()

        assert re.search(r'value="embedding"(?! checked)', page) is None
        assert re.search(r'value="byok" checked>.*?tabular-nums muted">1<', page, re.DOTALL)
        assert re.search(r'value="managed">.*?tabular-nums muted">2<', page, re.DOTALL)

    def test_shows_no_more_words_of_a_filter_than_people_read_but_those_that_were_chosen(self, client: Client):
        service = Service.objects.get(name="acme/chat")
        service.facets = [*service.facets, *(f"tag:t{number:03}" for number in range(80))]
        service.save(update_fields=["facets"])
        cache.clear()

        page = client.get("/market?tag=t079").content.decode()

        assert len(re.findall(r'name="tag"', page)) == 61
        assert re.search(r'value="t079" checked', page)
        assert re.search(r"\d+ rarer ones", page)

    def test_answers_htmx_with_its_results_and_a_clean_address(self, client: Client):
        response = client.get("/market?q=&type=embedding&price_from=&sort=relevance&page=1", headers=HTMX)

        assert "<html" not in response.content.decode()
        assert 'id="market-results"' in response.content.decode()
        assert response.headers["HX-Push-Url"] == "/market?type=embedding"

    def test_restores_the_whole_page_for_the_back_button(self, client: Client):
        headers = {**HTMX, "HX-History-Restore-Request": "true"}

        assert "<html" in client.get("/market?type=embedding", headers=headers).content.decode()

    def test_offers_a_way_out_when_nothing_matches(self, client: Client):
        page = client.get("/market?tag=nowhere").content.decode()

        assert "Nothing matches" in page
        assert 'aria-label="Active filters"' in page
        assert re.search(r'class="chip" href="\?"', page)

    def test_escapes_what_was_asked_for(self, client: Client):
        page = client.get("/market", {"q": HOSTILE, "tag": HOSTILE, "type": '"><b>'}).content.decode()

        assert HOSTILE not in page
        assert '"><b>' not in page

    def test_says_what_it_understood(self, client: Client):
        assert "1 service for “vectors”" in client.get("/market?q=vectros").content.decode()


class TestEmptyMarket:
    def test_explains_itself(self, client: Client, db):
        assert "The market is still empty" in client.get("/market").content.decode()


class TestHostileSeller:
    def test_runs_nothing_in_a_card_or_on_a_page(self, client: Client, seller: Team):
        make_service(
            seller,
            namespace="acme",
            offering={
                "summary": HOSTILE,
                "description": f"{HOSTILE} [x](javascript:alert(1))",
                "tags": [HOSTILE],
                "capabilities": ['"><script>'],
                "details": {HOSTILE: HOSTILE, "context_length": 1, "parameter_count": None},
            },
            listing={"display_name": HOSTILE, "list_price": {**FREE, "description": HOSTILE}},
            provider={"display_name": HOSTILE, "homepage": "https://x.example/?<script>"},
        )

        for address in (
            "/market",
            "/market/acme/chat",
            *(f"/market/acme/chat?tab={t}" for t in ("pricing", "docs", "code")),
        ):
            page = client.get(address).content.decode()
            assert "<script>" not in page
            assert 'href="javascript:' not in page


@pytest.mark.usefixtures("market")
class TestComparison:
    @pytest.fixture
    def ids(self) -> list[str]:
        return [str(pk) for pk in Service.objects.order_by("name").values_list("pk", flat=True)]

    def test_stands_in_a_tray_that_the_address_carries(self, client: Client, ids):
        page = client.get("/market", {"compare": ids[:2], "q": "acme"}).content.decode()

        assert page.count('<input type="hidden" name="compare"') == 2
        assert "Compare 2" in page
        assert page.count("In the comparison") == 2

    def test_holds_four_at_most(self, client: Client, ids, seller):
        extra = [str(make_service(seller, namespace="acme", name=f"chat-{n}").pk) for n in range(3)]

        page = client.get("/market", {"compare": ids + extra}).content.decode()

        assert page.count('<input type="hidden" name="compare"') == 4
        assert 'type="checkbox" name="compare"' not in page

    def test_shows_them_side_by_side(self, client: Client, ids):
        page = client.get("/market/compare", {"compare": ids}).content.decode()

        assert page.count('<th scope="col" class="min-w-52') == 3
        assert "0.001 USD per request." in page

    def test_leaves_out_what_is_not_on_the_market(self, client: Client, ids, seller):
        hidden = make_service(seller, namespace="acme", name="draft", status="draft")

        page = client.get("/market/compare", {"compare": [ids[0], str(hidden.pk)]}).content.decode()

        assert page.count('<th scope="col" class="min-w-52') == 1

    def test_explains_itself_when_empty(self, client: Client):
        assert "Nothing to compare yet" in client.get("/market/compare").content.decode()


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


class TestQueries:
    def test_are_as_many_for_many_services_as_for_few(self, client: Client, seller, django_assert_max_num_queries):
        make_service(seller, namespace="acme")
        with django_assert_max_num_queries(4):
            client.get("/market")
        for number in range(5):
            make_service(seller, namespace="acme", name=f"chat-{number}")

        with django_assert_max_num_queries(4):
            client.get("/market")


def _code(page: str) -> str:
    found = re.search(r'<pre class="hl"[^>]*><code>(.*?)</code>', page, re.DOTALL)
    return re.sub(r"<[^>]+>", "", found[1]) if found else ""
