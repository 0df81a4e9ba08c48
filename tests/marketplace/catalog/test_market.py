from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from importlib import import_module

import pytest

from common.caches import of_process
from marketplace.catalog import queries, services
from marketplace.catalog.models import Service
from marketplace.catalog.queries import MarketFilters, counting
from marketplace.catalog.queries.market import PAGE_SIZE
from tests.factories.marketplace import NOON, make_service

BYOK = {"own": {"base_url": "https://up.example", "api_key": "${ customer_secrets.OPENAI_API_KEY }"}}


def found(**filters) -> list[str]:
    return [service.name for service in queries.market(MarketFilters(**filters)).services]


def counts(kind: str, **filters) -> dict[str, int]:
    return {value.word: value.count for value in queries.market(MarketFilters(**filters)).facets[kind]}


@pytest.fixture
def market(seller, outsider) -> None:
    """Three services: two of the seller, one of the outsider."""
    make_service(seller, namespace="acme", listing={"display_name": "Acme Chat"})
    make_service(
        seller,
        namespace="acme",
        name="vectors",
        offering={
            "service_type": "embedding",
            "capabilities": ["embed"],
            "tags": ["slow"],
            "summary": "Embeddings for your documents.",
        },
        listing={"display_name": "Vector maker", "list_price": {"type": "constant", "price": "0.001"}},
    )
    make_service(
        outsider,
        namespace="zenith",
        name="own-key",
        offering={"upstream_access_config": BYOK, "description": "Llamas answering."},
        listing={"display_name": "Zenith", "list_price": {"type": "constant", "price": "0"}},
    )


@pytest.mark.usefixtures("market")
class TestSearch:
    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("", {"acme/chat", "acme/vectors", "zenith/own-key"}),
            ("vectors", {"acme/vectors"}),
            ("vec", {"acme/vectors"}),
            ("acme/vec", {"acme/vectors"}),
            ("acme", {"acme/chat", "acme/vectors"}),
            ("embedding", {"acme/vectors"}),
            ("answered", {"acme/chat", "acme/vectors", "zenith/own-key"}),
            ("llamas", {"zenith/own-key"}),
            ("outsider", {"zenith/own-key"}),
            ("acme llamas", set()),
            ("own-key", {"zenith/own-key"}),
            ("' & ! <-> :* ) (", {"acme/chat", "acme/vectors", "zenith/own-key"}),
            ("chat') OR 1=1 --", set()),
            ("the", set()),
        ],
    )
    def test_finds_words_their_beginnings_and_their_forms(self, text, names):
        assert set(found(text=text)) == names

    def test_puts_names_above_prose(self, seller):
        make_service(seller, namespace="acme", name="other", offering={"summary": "Not vectors, but near them."})

        assert found(text="vectors")[0] == "acme/vectors"

    @pytest.mark.parametrize(
        ("text", "meant"), [("vectros", "vectors"), ("zenit", "zenit"), ("acme vektors", "acme vectors")]
    )
    def test_mends_spelling_when_nothing_is_found(self, text, meant):
        page = queries.market(MarketFilters(text=text))

        assert (page.text, page.is_approximate) == (meant, meant != text)
        assert page.total == 1

    def test_finds_nothing_for_what_resembles_nothing(self):
        page = queries.market(MarketFilters(text="qqqqqqqq"))

        assert (page.services, page.total, page.is_approximate) == ([], 0, False)


@pytest.mark.usefixtures("market")
class TestFilters:
    @pytest.mark.parametrize(
        ("words", "names"),
        [
            ({"type": ("embedding",)}, {"acme/vectors"}),
            ({"type": ("embedding", "llm")}, {"acme/chat", "acme/vectors", "zenith/own-key"}),
            ({"capability": ("embed",)}, {"acme/vectors"}),
            ({"tag": ("fast",)}, {"acme/chat", "zenith/own-key"}),
            ({"seller": ("acme-corp",)}, {"acme/chat", "acme/vectors"}),
            ({"provider": ("zenith",)}, {"zenith/own-key"}),
            ({"channel": ("byok",)}, {"zenith/own-key"}),
            ({"price": ("free",)}, {"zenith/own-key"}),
            ({"currency": ("EUR",)}, set()),
            ({"tag": ("fast",), "channel": ("managed",)}, {"acme/chat"}),
        ],
    )
    def test_narrow_the_list(self, words, names):
        assert set(found(words=words)) == names

    def test_narrow_by_price(self):
        assert found(price_from=Decimal("0.0005"), price_to=Decimal("0.01")) == ["acme/vectors"]

    def test_are_counted(self):
        assert counts("type") == {"llm": 2, "embedding": 1}
        assert counts("channel") == {"managed": 2, "byok": 1}

    def test_do_not_narrow_their_own_counts(self):
        assert counts("type", words={"type": ("embedding",)}) == {"llm": 2, "embedding": 1}

    def test_narrow_the_counts_of_the_others(self):
        assert counts("channel", words={"type": ("embedding",)}) == {"managed": 1}

    def test_keep_a_chosen_word_that_finds_nothing(self):
        page = queries.market(MarketFilters(words={"tag": ("nowhere",)}))

        chosen = [value for value in page.facets["tag"] if value.is_chosen]
        assert [(value.word, value.count) for value in chosen] == [("nowhere", 0)]

    def test_count_what_the_search_found(self):
        assert counts("type", text="vectors") == {"embedding": 1}


@pytest.mark.usefixtures("market")
class TestCountsAfterAChange:
    def test_are_right_at_once(self, seller):
        before = counts("type")["llm"]
        service = make_service(seller, namespace="acme", name="second")
        between = counts("type")["llm"]

        services.suspend(service=service, reason="Stopped.", by=None, now=NOON)

        assert (before, between, counts("type")["llm"]) == (2, 3, 2)

    def test_follow_a_price(self, seller):
        service = make_service(seller, namespace="acme", name="second")
        before = counts("price")["free"]

        services.set_price(service=service, price={"type": "constant", "price": "0"}, now=NOON)

        assert (before, counts("price")["free"]) == (1, 2)


@pytest.mark.django_db
class TestCountsOfALargeMarket:
    @pytest.fixture
    def beside(self, monkeypatch, seller) -> list[Callable[[], None]]:
        """What is to be counted beside, in a market where one service is many."""
        waiting: list[Callable[[], None]] = []
        monkeypatch.setattr(counting, "_LARGE", 1)
        count = counting._count
        monkeypatch.setattr(counting._beside, "submit", lambda _, *call: waiting.append(partial(count, *call)))
        of_process.clear()
        make_service(seller, namespace="acme")
        assert counts("type") == {"llm": 1}
        return waiting

    def test_are_told_as_they_were_until_they_are_counted_beside(self, seller, beside):
        make_service(seller, namespace="acme", name="second")

        assert counts("type") == {"llm": 1}
        assert found(sort="name") == ["acme/chat", "acme/second"]
        for count in beside:
            count()
        assert counts("type") == {"llm": 2}

    def test_are_counted_beside_once_in_some_seconds(self, seller, beside):
        for name in ("second", "third"):
            make_service(seller, namespace="acme", name=name)
            counts("type")

        assert len(beside) == 1

    def test_are_counted_at_once_where_they_were_never_asked_for(self, seller, beside):
        make_service(seller, namespace="acme", name="second")

        assert counts("tag", words={"type": ("llm",)}) == counts("tag", words={"type": ("llm",), "channel": ()})
        assert queries.market(MarketFilters(words={"type": ("llm",)})).total == 2

    def test_do_not_rank_what_everything_has(self, seller, beside, monkeypatch):
        make_service(seller, namespace="acme", name="second", offering={"summary": "A chat."})
        Service.objects.filter(name="acme/second").update(approved_at=NOON + timedelta(days=1))
        assert found(text="chat") == ["acme/chat", "acme/second"]

        monkeypatch.setattr(import_module("marketplace.catalog.queries.market"), "_RANK_LIMIT", 1)

        assert found(text="chat") == ["acme/second", "acme/chat"]


@pytest.mark.django_db
class TestWhoIsListed:
    @pytest.mark.parametrize("status", ["draft", "pending", "review", "rejected", "suspended", "deprecated"])
    def test_not_what_is_not_on_sale(self, status):
        make_service(status=status)

        assert found() == []

    @pytest.mark.parametrize("visibility", ["unlisted", "private"])
    def test_not_what_is_not_public(self, visibility):
        make_service(listing={"service_options": {"default_visibility": visibility}})

        assert found() == []


@pytest.mark.usefixtures("market")
class TestSort:
    @pytest.mark.parametrize(
        ("sort", "names"),
        [
            ("name", ["acme/chat", "acme/vectors", "zenith/own-key"]),
            ("price", ["zenith/own-key", "acme/vectors", "acme/chat"]),
        ],
    )
    def test_orders_the_list(self, sort, names):
        assert found(sort=sort) == names


@pytest.mark.django_db
class TestPages:
    @pytest.fixture
    def many(self, seller) -> None:
        for number in range(PAGE_SIZE + 2):
            make_service(seller, namespace="acme", name=f"chat-{number:02}")

    def test_divide_the_list(self, many):
        first = queries.market(MarketFilters(sort="name"))
        second = queries.market(MarketFilters(sort="name", page=2))

        assert (first.total, first.page_count, first.has_next, second.has_next) == (PAGE_SIZE + 2, 2, True, False)
        assert [each.name for each in second.services] == ["acme/chat-24", "acme/chat-25"]

    @pytest.mark.parametrize(("asked", "page"), [(0, 1), (-5, 1), (99, 2)])
    def test_stay_within_bounds(self, many, asked, page):
        assert queries.market(MarketFilters(page=asked)).page == page

    def test_ask_the_database_as_often_for_many_as_for_few(self, seller, django_assert_num_queries):
        make_service(seller, namespace="acme")
        with django_assert_num_queries(4):
            _shown(queries.market(MarketFilters()))
        for number in range(5):
            make_service(seller, namespace="acme", name=f"chat-{number}")

        with django_assert_num_queries(4):
            _shown(queries.market(MarketFilters()))


def _shown(page: queries.MarketPage) -> list[tuple[object, ...]]:
    """Touch what a card shows."""
    return [
        (each.seller.name, each.provider.name, each.offering.name, each.list_price and each.list_price.price)
        for each in page.services
    ]
