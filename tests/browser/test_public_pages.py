"""The public pages about the marketplace itself: both themes, wide and narrow."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, WIDE
from tests.browser.test_pages import _faults

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = ["/", "/docs", "/docs/gateway", "/docs/errors", "/docs/algorithms/pricing", "/docs/constraints", "/status"]


class TestEveryPage:
    @pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_has_no_barriers(self, visit, theme, size):
        visitor = visit(theme=theme, size=size)

        found = {path: _faults(visitor, path) for path in PAGES}

        assert {path: faults for path, faults in found.items() if faults} == {}


class TestDocumentation:
    def test_leads_from_an_error_to_its_row(self, visit, transactional_db):
        page = visit().go("/docs/errors#gateway-unauthenticated")

        expect(page.locator("tr:target")).to_be_in_viewport()
        expect(page.locator("tr:target")).to_contain_text("401")
