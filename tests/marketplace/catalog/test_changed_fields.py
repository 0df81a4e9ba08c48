"""What a revision changes, in words."""

from __future__ import annotations

import pytest

from marketplace.catalog import queries
from marketplace.catalog.models import Service
from marketplace.catalog.queries.changed_fields import FieldChange, compared
from tests.factories.marketplace import files, make_service, upload
from tests.factories.visitors import visitor

pytestmark = pytest.mark.django_db


def revised(seller, **changes: object) -> Service:
    """Return the revision of a service on sale."""
    make_service(seller, namespace="acme", name="chat")
    return upload(seller, files("acme", "chat", **changes)).service


class TestChangedFields:
    def test_say_prices_in_words_and_first(self, seller):
        revision = revised(
            seller,
            listing={"list_price": {"type": "one_million_tokens", "input": "1.50", "output": "2.00"}},
            offering={"summary": "Chat with two models.", "tags": ["fast", "new"]},
        )

        price, *others = queries.changed_fields(revision)

        assert (price.part, price.field, price.kind) == ("Listing", "list price", "changed")
        assert "1.00 USD" in price.before
        assert "1.50 USD" in price.after
        assert others == [
            FieldChange("Offering", "summary", "changed", "Chat with a model.", "Chat with two models."),
            FieldChange("Offering", "tags", "changed", "fast", "fast, new"),
        ]

    def test_are_none_of_a_service_that_is_no_revision(self, seller):
        assert queries.changed_fields(make_service(seller)) == []

    def test_stand_on_the_page_of_the_revision(self, seller):
        revision = revised(seller, offering={"summary": "<b>Bold</b>"})

        page = visitor(seller).get(f"/seller/services/{revision.pk}").content.decode()

        assert "What this version changes" in page
        assert "&lt;b&gt;Bold&lt;/b&gt;" in page


class TestCompared:
    @pytest.mark.parametrize(
        ("before", "after", "change"),
        [
            ({}, {"a_b": True}, ("a b", "added", "", "yes")),
            ({"a": {"b": 1234}}, {"a": {}}, ("a › b", "removed", "1,234", "")),
            ({"a": [1, 2]}, {"a": [1]}, ("a", "changed", "1, 2", "1")),
            ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, ("a › 1 › b", "changed", "1", "2")),
            ({"a": "x" * 200}, {"a": "y" * 200}, ("a", "changed", "", "another text")),
            (
                {"documents": {"Guide": {"file_content": "a\nb\nc"}}},
                {"documents": {"Guide": {"file_content": "a\nc\nd\ne"}}},
                ("documents › Guide › file content", "changed", "", "2 lines added, 1 removed"),
            ),
            (
                {"list_price": {"type": "nonsense"}},
                {},
                ("list price", "removed", "a price that cannot be put in words", ""),
            ),
        ],
    )
    def test_tells_each_field(self, before, after, change):
        assert compared("Listing", before, after) == [FieldChange("Listing", *change)]

    def test_leaves_out_what_only_the_file_has(self):
        assert compared("Listing", {"schema": "a", "time_created": "b"}, {"schema": "c", "time_created": "d"}) == []
