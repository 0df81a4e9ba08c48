"""The public pages about the marketplace itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = ["/docs/errors", "/docs/algorithms/pricing"]


class TestDocuments:
    def test_with_wide_tables_have_no_barriers(self, visit):
        visitor = visit()

        found = {path: visitor.faults(path) for path in PAGES}

        assert {path: faults for path, faults in found.items() if faults} == {}


class TestDocumentation:
    def test_leads_from_an_error_to_its_row(self, visit, transactional_db):
        page = visit().go("/docs/errors#gateway-unauthenticated")

        expect(page.locator("tr:target")).to_be_in_viewport()
        expect(page.locator("tr:target")).to_contain_text("401")
