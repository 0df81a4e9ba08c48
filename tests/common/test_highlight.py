from __future__ import annotations

import pytest

from common.highlight import LIMIT, highlighted


class TestHighlighted:
    @pytest.mark.parametrize("language", ["python", "bash", "json", "javascript", "text", "nonsense", "", "../../etc"])
    def test_escapes_in_every_language(self, language):
        html = highlighted('<script>alert("1")</script> & more', language)

        assert "<script>" not in html
        assert "&lt;" in html

    def test_marks_tokens(self):
        assert '<span class="mi">12</span>' in highlighted("x = 12", "python")

    def test_keeps_the_lines(self):
        assert highlighted("\n\na\nb", "python").count("\n") == 3

    def test_prints_long_texts_plainly(self):
        assert highlighted("x" * (LIMIT + 1), "python") == "x" * (LIMIT + 1)
