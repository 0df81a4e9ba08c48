from __future__ import annotations

import pytest
from django.test import override_settings

from common.errors import NotFound
from marketplace.catalog import queries
from marketplace.catalog.models import Document, Service
from tests.factories.marketplace import make_service

DOCUMENTS = {
    "Quick start": {
        "category": "getting_started",
        "mime_type": "markdown",
        "file_content": "# Hello",
        "is_public": True,
    },
    "Inner notes": {"category": "other", "mime_type": "text", "file_content": "For us."},
    "Connectivity test": {"category": "connectivity_test", "mime_type": "bash", "file_content": "true"},
}


def titles(page: queries.ServicePage) -> set[str]:
    return {document.title for documents in page.documents.values() for document in documents}


@pytest.fixture
def service(seller) -> Service:
    return make_service(seller, namespace="acme", listing={"documents": DOCUMENTS})


class TestMarketService:
    def test_is_found_by_name_and_by_id(self, service):
        assert queries.market_service("acme/chat").service == service
        assert queries.market_service(str(service.pk)).service == service

    @override_settings(API_GATEWAY_BASE_URL="https://gateway.example")
    def test_has_full_addresses(self, service):
        page = queries.market_service("acme/chat")

        assert [shown.address for shown in page.interfaces] == ["https://gateway.example/p/acme/chat"]

    def test_has_the_price_in_words(self, service):
        price = queries.market_service("acme/chat").price

        assert "1.00 USD" in price.sentence
        assert price.rows

    def test_shows_public_documents_by_category(self, service):
        page = queries.market_service("acme/chat")

        assert {category: [d.title for d in documents] for category, documents in page.documents.items()} == {
            "getting_started": ["Quick start"]
        }

    def test_shows_everything_to_its_seller(self, service, seller):
        page = queries.market_service("acme/chat", team=seller)

        assert page.is_own
        assert titles(page) == {"Quick start", "Inner notes", "Connectivity test"}

    def test_shows_an_outsider_no_more_than_anybody(self, service, outsider):
        assert titles(queries.market_service("acme/chat", team=outsider)) == {"Quick start"}

    @pytest.mark.parametrize("status", ["draft", "pending", "review", "rejected", "suspended"])
    def test_is_hidden_while_it_is_not_on_sale(self, seller, outsider, status):
        hidden = make_service(seller, status=status)

        for team in (None, outsider):
            with pytest.raises(NotFound):
                queries.market_service(hidden.pk, team=team)
        assert queries.market_service(hidden.pk, team=seller).service == hidden

    @pytest.mark.parametrize(("visibility", "is_shown"), [("public", True), ("unlisted", True), ("private", False)])
    def test_depends_on_the_visibility(self, seller, visibility, is_shown):
        service = make_service(seller, listing={"service_options": {"default_visibility": visibility}})

        if is_shown:
            assert queries.market_service(service.name).service == service
        else:
            with pytest.raises(NotFound):
                queries.market_service(service.name)

    def test_can_be_read_after_its_sale_has_ended(self, seller):
        service = make_service(seller, status="deprecated")

        assert queries.market_service(service.pk).service == service

    def test_is_the_active_one_where_an_ended_one_had_the_name(self, seller):
        make_service(seller, namespace="acme", status="deprecated")
        active = make_service(seller, namespace="acme")

        assert queries.market_service("acme/chat").service == active

    @pytest.mark.parametrize("reference", ["nowhere", "", "0" * 32, "acme/chat/more"])
    def test_refuses_what_is_not_there(self, service, reference):
        with pytest.raises(NotFound):
            queries.market_service(reference)


class TestDocument:
    @pytest.mark.parametrize(
        ("title", "anybody"), [("Quick start", True), ("Inner notes", False), ("Connectivity test", False)]
    )
    def test_is_shown_to_those_who_may_see_it(self, service, seller, outsider, title, anybody):
        document = Document.objects.get(title=title)

        assert queries.document(document.pk, team=seller) == document
        for team in (None, outsider):
            if anybody:
                assert queries.document(document.pk, team=team) == document
            else:
                with pytest.raises(NotFound):
                    queries.document(document.pk, team=team)

    def test_of_a_draft_is_its_sellers(self, seller):
        make_service(seller, status="draft", listing={"documents": DOCUMENTS})

        with pytest.raises(NotFound):
            queries.document(Document.objects.get(title="Quick start").pk)
