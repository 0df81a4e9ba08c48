"""Keywords as people write them."""

from __future__ import annotations

import pytest

from marketplace.catalog.labels import spoken


class TestSpoken:
    @pytest.mark.parametrize(
        ("word", "written"),
        [
            ("image_generation", "Image generation"),
            ("json_mode", "JSON mode"),
            ("grpc", "gRPC"),
            ("text to sql", "Text to SQL"),
            ("Already Written", "Already Written"),
            ("", ""),
        ],
    )
    def test_spells_words_that_have_a_spelling_of_their_own(self, word, written):
        assert spoken(word) == written
