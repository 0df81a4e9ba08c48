"""The page for sellers knows every field and every word."""

from __future__ import annotations

from pathlib import Path

import pytest

from marketplace.catalog.files import (
    access_requests,
    channels,
    documents,
    groups,
    interfaces,
    listing,
    offering,
    promotions,
    provider,
    rate_limits,
    vocabulary,
)

PAGE = Path(__file__).parents[4] / "docs" / "seller-files.md"
TABLES = {
    "provider": provider._PROVIDER,
    "populator": provider._POPULATOR,
    "seller": provider._SELLER,
    "offering": offering._FIELDS,
    "channel": channels._FIELDS,
    "listing": listing._FIELDS,
    "options": listing._OPTIONS,
    "enrollment": listing._ENROLLMENT,
    "interface": interfaces._FIELDS,
    "document": documents._FIELDS,
    "meta": documents._META,
    "rate limit": rate_limits._RATE_LIMIT,
    "account limit": rate_limits._ACCOUNT_LIMIT,
    "constraints": rate_limits._CONSTRAINTS,
    "exports": access_requests._EXPORTS,
    "access request": access_requests._REQUEST,
    "group": groups._FIELDS,
    "promotion": promotions._FIELDS,
    "service types": (*vocabulary.SERVICE_TYPES, *vocabulary.MODALITIES),
    "access methods": (*vocabulary.ACCESS_METHODS, *vocabulary.OTHER_ACCESS_METHODS),
    "categories": vocabulary.CATEGORIES,
    "mime types": vocabulary.MIME_TYPES,
    "currencies": vocabulary.CURRENCIES,
    "gateways": interfaces.GATEWAYS,
}


class TestThePageForSellers:
    @pytest.mark.parametrize("table", TABLES)
    def test_names_every(self, table):
        page = PAGE.read_text()

        assert [word for word in TABLES[table] if f"`{word}" not in page] == []
