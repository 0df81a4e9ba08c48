"""The market: a page of services, and how many there would be behind each filter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal, get_args

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import F, OrderBy, QuerySet

from marketplace.catalog.models import Service
from marketplace.catalog.models.services import FACET_LENGTH
from marketplace.catalog.queries import counting, spelling
from marketplace.catalog.queries.counting import Counted, Version

Sort = Literal["relevance", "price", "newest", "name"]
SORTS: tuple[Sort, ...] = get_args(Sort)
#: The filters, each with several words. A service has to have one of the chosen words of every filter.
KINDS = ("type", "capability", "seller", "provider", "channel", "currency", "tag", "price")
PAGE_SIZE = 24
#: The last page by number; further down people should search.
_PAGE_LIMIT = 500
#: Words that more services have say nothing of any of them: the newest come first. Ranking them would take 0.1 s.
_RANK_LIMIT = 50_000


@dataclass(frozen=True, slots=True)
class MarketFilters:
    """What a visitor asks for. words: {kind: chosen words}; prices are nominal, in the listing's currency."""

    text: str = ""
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    price_from: Decimal | None = None
    price_to: Decimal | None = None
    sort: Sort = "relevance"
    page: int = 1


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A word of a filter, how many services there would be, and whether it is chosen."""

    word: str
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class MarketPage:
    """Services with all that a card shows loaded. facets: {kind: values, most frequent first}."""

    services: list[Service]
    total: int
    page: int
    page_count: int
    facets: dict[str, list[FacetValue]]
    #: What was searched for. It is not what was asked for when nothing was found as written (`is_approximate`).
    text: str = ""
    is_approximate: bool = False

    @property
    def has_previous(self) -> bool:
        return self.page > 1

    @property
    def has_next(self) -> bool:
        return self.page < self.page_count


def facet(kind: str, word: str) -> str:
    """Return a filter's word as it stands in `Service.facets`."""
    return f"{kind}:{word}"[:FACET_LENGTH]


def market(filters: MarketFilters) -> MarketPage:
    """Return one page of the market and the counts of its filters, in a constant number of queries."""
    counted = _counted(filters)
    if not counted.total and (text := spelling.mended(filters.text)):
        mended = replace(filters, text=text)
        if (better := _counted(mended)).total:
            return _page(mended, better, is_approximate=True)
    return _page(filters, counted)


def _page(filters: MarketFilters, counted: Counted, *, is_approximate: bool = False) -> MarketPage:
    page_count = max(1, min(_PAGE_LIMIT, -(-counted.total // PAGE_SIZE)))
    page = min(max(filters.page, 1), page_count)
    shown = _services(filters, page, counted.total) if counted.total else []
    facets = _facets(filters, counted.by_word)
    return MarketPage(shown, counted.total, page, page_count, facets, filters.text, is_approximate)


def _services(filters: MarketFilters, page: int, total: int) -> list[Service]:
    """Return the services of a page with all that a card shows; of all that was found only these are joined with it."""
    found = _filtered(filters, _searched(filters.text)).order_by(*_order(filters, total))
    ids = list(found.values_list("pk", flat=True)[(page - 1) * PAGE_SIZE : page * PAGE_SIZE])
    related = Service.objects.select_related("seller", "provider", "offering", "list_price").defer("search", "upload")
    by_id = related.in_bulk(ids)
    return [by_id[pk] for pk in ids if pk in by_id]


def _searched(text: str) -> QuerySet[Service]:
    services = Service.objects.in_market()
    query = search_query(text)
    return services if query is None else services.filter(search=query)


def search_query(text: str) -> SearchQuery | None:
    """Return a query for services that have every word, or a word that begins with it; None without words."""
    words = spelling.words(text)[: spelling.WORD_LIMIT]
    if not words:
        return None
    begun = SearchQuery(" & ".join(f"'{word}':*" for word in words), search_type="raw", config="simple")
    inflected = SearchQuery(" ".join(words), search_type="plain", config="english")
    return begun | inflected


def _filtered(filters: MarketFilters, services: QuerySet[Service]) -> QuerySet[Service]:
    """Return the services that pass every filter."""
    for kind, words in filters.words.items():
        if words:
            services = services.filter(facets__overlap=[facet(kind, word) for word in words])
    if filters.price_from is not None:
        services = services.filter(nominal_price__gte=filters.price_from)
    if filters.price_to is not None:
        services = services.filter(nominal_price__lte=filters.price_to)
    return services


def _order(filters: MarketFilters, total: int) -> list[OrderBy | str]:
    query = search_query(filters.text)
    match filters.sort:
        case "price":
            return [F("nominal_price").asc(nulls_last=True), "id"]
        case "name":
            return ["name", "id"]
        case "relevance" if query is not None and total <= _RANK_LIMIT:
            return [OrderBy(SearchRank(F("search"), query), descending=True), "name", "id"]
    return [F("approved_at").desc(), "-id"]


def _counted(filters: MarketFilters) -> Counted:
    """Count the services behind every filter. A filter does not narrow its own counts: one may choose another word."""
    version = counting.version()
    inner = _set(filters, version)
    by_word = dict(inner.by_word)
    for kind in (kind for kind in KINDS if filters.words.get(kind)):
        wider = {other: words for other, words in filters.words.items() if other != kind}
        own = _set(replace(filters, words=wider), version).by_word
        by_word.update({word: number for word, number in own.items() if word.startswith(f"{kind}:")})
    return replace(inner, by_word=by_word)


def service_counts(kind: str) -> dict[str, int]:
    """Return {word of a filter: services of the whole market}."""
    by_word = _set(MarketFilters(), counting.version()).by_word
    return {word.partition(":")[2]: number for word, number in by_word.items() if word.startswith(f"{kind}:")}


def _set(filters: MarketFilters, version: Version) -> Counted:
    """Return the counts of the services that pass every filter.

    They are kept for each set of filters: one more click needs one more count, what it widens was counted before.
    """
    chosen = sorted((kind, sorted(words)) for kind, words in filters.words.items() if words)
    asked = (filters.text, chosen, str(filters.price_from), str(filters.price_to))
    return counting.counted(asked, lambda: _filtered(filters, _searched(filters.text)), version)


def _facets(filters: MarketFilters, counts: Mapping[str, int]) -> dict[str, list[FacetValue]]:
    by_kind: dict[str, list[FacetValue]] = {}
    for kind in KINDS:
        chosen = {facet(kind, word) for word in filters.words.get(kind, ())}
        words = {word for word in counts if word.startswith(f"{kind}:")} | chosen
        values = [FacetValue(word.partition(":")[2], counts.get(word, 0), word in chosen) for word in words]
        by_kind[kind] = sorted(values, key=lambda value: (-value.count, value.word))
    return by_kind


def known_words(words: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Return the words of known filters, once each: what an address of the market may ask for."""
    return {kind: tuple(dict.fromkeys(words[kind])) for kind in KINDS if words.get(kind)}
