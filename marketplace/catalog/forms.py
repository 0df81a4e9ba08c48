"""The address of the market: what a visitor asks for, read leniently and written back in one form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import get_args
from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict

from common.pagination import page_number
from domain.pricing import InvalidDecimal, parse_decimal
from marketplace.catalog.queries import KINDS, MarketFilters, known_words
from marketplace.catalog.queries.market import Sort

#: How many services stand side by side at most.
COMPARED = 4
_TEXT_LIMIT = 200
_WORDS_LIMIT = 20


@dataclass(frozen=True, slots=True)
class MarketAddress:
    """The state of the market page. compared: services chosen for the comparison, oldest choice first."""

    filters: MarketFilters
    compared: tuple[UUID, ...] = ()

    @property
    def query(self) -> str:
        """Return the query string of this state: `?type=llm&sort=price`, or nothing for the plain market."""
        filters = self.filters
        pairs: list[tuple[str, object]] = [("q", filters.text)]
        pairs += [(kind, word) for kind in KINDS for word in filters.words.get(kind, ())]
        pairs += [("price_from", _plain(filters.price_from)), ("price_to", _plain(filters.price_to))]
        pairs += [("sort", filters.sort if filters.sort != "relevance" else "")]
        pairs += [("page", filters.page if filters.page > 1 else "")]
        pairs += [("compare", service_id) for service_id in self.compared]
        written = urlencode([(name, value) for name, value in pairs if value != ""])
        return f"?{written}" if written else "?"

    def without(self, kind: str, word: str) -> MarketAddress:
        """Return the state with one chosen word less."""
        words = {**self.filters.words, kind: tuple(each for each in self.filters.words.get(kind, ()) if each != word)}
        return replace(self, filters=replace(self.filters, words=words, page=1))

    def without_text(self) -> MarketAddress:
        return replace(self, filters=replace(self.filters, text="", page=1))

    def without_prices(self) -> MarketAddress:
        return replace(self, filters=replace(self.filters, price_from=None, price_to=None, page=1))

    def not_comparing(self, service_id: UUID) -> MarketAddress:
        return replace(self, compared=tuple(each for each in self.compared if each != service_id))


def market_address(query: QueryDict) -> MarketAddress:
    """Read the query string. What cannot be understood is left out, never an error: addresses are typed and linked."""
    words = {kind: [_clean(word) for word in query.getlist(kind)[:_WORDS_LIMIT]] for kind in KINDS}
    filters = MarketFilters(
        text=_clean(query.get("q", ""))[:_TEXT_LIMIT],
        words=known_words({kind: [word for word in chosen if word] for kind, chosen in words.items()}),
        price_from=_amount(query.get("price_from", "")),
        price_to=_amount(query.get("price_to", "")),
        sort=_sort(query.get("sort", "")),
        page=page_number(query.get("page")),
    )
    return MarketAddress(filters, compared_ids(query))


def compared_ids(query: QueryDict) -> tuple[UUID, ...]:
    """Return the services to compare, each once, at most four."""
    ids = (_uuid(text) for text in query.getlist("compare"))
    return tuple(dict.fromkeys(each for each in ids if each is not None))[:COMPARED]


def _clean(text: str) -> str:
    return text.replace("\x00", "").strip()


def _amount(text: str) -> Decimal | None:
    try:
        amount = parse_decimal(text.strip()) if text.strip() else None
    except InvalidDecimal:
        return None
    return amount if amount is not None and amount >= 0 else None


def _plain(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:f}"


def _sort(text: str) -> Sort:
    return next((sort for sort in get_args(Sort) if sort == text), "relevance")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
