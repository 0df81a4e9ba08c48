"""Documents over the API."""

from __future__ import annotations

import pytest

from marketplace.catalog.models import Document
from tests.factories.marketplace import make_service

GUIDE = {
    "Guide": {
        "category": "getting_started",
        "mime_type": "markdown",
        "file_content": "# Ask it anything",
        "is_public": True,
        "meta": {"variant": "short"},
    },
    "Connectivity test": {"category": "connectivity_test", "mime_type": "bash", "file_content": "true"},
}


@pytest.fixture
def document(seller) -> Document:
    make_service(seller, listing={"documents": GUIDE})
    return Document.objects.get(title="Guide")


class TestDocument:
    def test_is_shown_with_its_text(self, call, document):
        shown = call("GET", f"/documents/{document.pk}").json()

        assert shown["id"] == str(document.pk)
        assert (shown["context_type"], shown["entity_id"]) == ("listing", str(document.listing_id))
        assert (shown["file_content"], shown["filesize"]) == ("# Ask it anything", 17)
        assert (shown["title"], shown["category"], shown["mime_type"]) == ("Guide", "getting_started", "markdown")
        assert (shown["is_public"], shown["meta"]) == (True, {"variant": "short"})

    def test_is_found_by_the_beginning_of_its_id(self, call, document):
        assert call("GET", f"/documents/{str(document.pk)[:8]}").json()["title"] == "Guide"

    @pytest.mark.parametrize("text", ["abc", "no-document", "00000000-0000-4000-8000-000000000000"])
    def test_is_404_when_there_is_none(self, call, document, text):
        assert call("GET", f"/documents/{text}").status_code == 404

    def test_of_another_seller_is_404(self, outsiders_call, document):
        assert outsiders_call("GET", f"/documents/{document.pk}").status_code == 404

    def test_of_a_provider_belongs_to_its_seller(self, call, outsiders_call, seller):
        make_service(
            seller,
            namespace="acme",
            provider={"documents": {"About": {"category": "other", "mime_type": "text", "file_content": "us"}}},
        )
        about = Document.objects.get(title="About")

        assert call("GET", f"/documents/{about.pk}").json()["context_type"] == "provider"
        assert outsiders_call("GET", f"/documents/{about.pk}").status_code == 404
