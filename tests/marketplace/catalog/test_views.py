from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.teams.models import Team
from common.caches import of_process
from marketplace.catalog.models import Service
from tests.factories.marketplace import make_service

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
        of_process.clear()

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


class TestQueries:
    def test_are_as_many_for_many_services_as_for_few(self, client: Client, seller, django_assert_max_num_queries):
        make_service(seller, namespace="acme")
        with django_assert_max_num_queries(4):
            client.get("/market")
        for number in range(5):
            make_service(seller, namespace="acme", name=f"chat-{number}")

        with django_assert_max_num_queries(4):
            client.get("/market")
