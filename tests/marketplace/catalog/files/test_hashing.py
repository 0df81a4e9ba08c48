"""What counts as a change of a service's files."""

from __future__ import annotations

import pytest

from marketplace.catalog.files.hashing import content_hash

PART = {"name": "x", "time_created": "2026-01-01T00:00:00Z"}


class TestContentHash:
    @pytest.mark.parametrize(
        "same",
        [
            {"time_created": "2026-02-02T00:00:00Z", "name": "x"},
            {"name": "x"},
            {"name": "x", "documents": {}},
            {"name": "x", "documents": None},
        ],
    )
    def test_is_the_same_for_files_that_say_the_same(self, same):
        assert content_hash(PART, PART, PART) == content_hash(same, same, same)

    @pytest.mark.parametrize(
        "other", [{"name": "y"}, {"name": "x", "documents": {"Guide": {}}}, {"name": "x", "tags": []}]
    )
    def test_differs_for_files_that_say_something_else(self, other):
        assert content_hash(PART, PART, PART) != content_hash(PART, PART, other)

    def test_counts_the_content_of_blobs(self):
        assert content_hash(PART, PART, PART, {"a": b"1"}) != content_hash(PART, PART, PART, {"a": b"2"})
