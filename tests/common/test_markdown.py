from __future__ import annotations

import re

import pytest

from common.markdown import LIMIT, rendered


class TestRendered:
    @pytest.mark.parametrize(
        "hostile",
        [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            '<a href="https://x.example" onclick="alert(1)">x</a>',
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](data:text/html;base64,PHNjcmlwdD4=)",
            "[x](vbscript:alert(1))",
            "![x](javascript:alert(1))",
            "<svg/onload=alert(1)>",
            '<p style="position:fixed">x</p>',
            "<https://x.example/<script>>",
            "```html\n<script>alert(1)</script>\n```",
            "    <script>alert(1)</script>",
            "`<script>alert(1)</script>`",
            '[x](https://x.example "t\\" onmouseover=\\"alert(1)")',
            "<iframe src=https://x.example></iframe>",
            "<!-- --><script>alert(1)</script>",
            '```"><script>alert(1)</script>\nx\n```',
        ],
    )
    def test_lets_nothing_run(self, hostile):
        html = rendered(hostile).lower()

        for word in ("<script", "<img", "<svg", "<iframe", "<p style"):
            assert word not in html
        for scheme in ("javascript:", "data:", "vbscript:"):
            assert f'href="{scheme}' not in html
        assert re.search(r"<[a-z]+[^>]*\son[a-z]+=", re.sub(r'="[^"]*"', '=""', html)) is None

    def test_marks_links_as_the_sellers(self):
        html = rendered("[docs](https://docs.example/a?b=1&c=2)")

        assert 'rel="nofollow noopener ugc"' in html
        assert 'href="https://docs.example/a?b=1&amp;c=2"' in html

    @pytest.mark.parametrize("address", ["http://plain.example", "/relative", "#fragment", "ftp://x.example"])
    def test_keeps_only_links_that_are_safe_to_follow(self, address):
        assert "href" not in rendered(f"[x]({address})")

    def test_keeps_mail_addresses(self):
        assert 'href="mailto:help@x.example"' in rendered("[help](mailto:help@x.example)")

    def test_shows_the_words_of_a_picture(self):
        assert rendered("![A *blue* chart](https://x.example/a.png)") == "<p>A blue chart</p>\n"

    @pytest.mark.parametrize(
        ("written", "levels"),
        [
            ("# A\n## B\n### C", ["h3", "h4", "h5"]),
            ("### A\n##### B\n### C", ["h3", "h4", "h3"]),
            ("# A\n###### B\n## C", ["h3", "h4", "h4"]),
            ("# A\n## B\n### C\n#### D\n##### E\n###### F", ["h3", "h4", "h5", "h6", "h6", "h6"]),
        ],
    )
    def test_puts_headings_under_those_of_the_page_without_gaps(self, written, levels):
        html = rendered(written)

        assert [part[:2] for part in html.split("<")[1:] if part[0] == "h"] == levels

    def test_makes_wide_parts_scroll_and_reachable_by_keyboard(self):
        html = rendered("| a | b |\n| - | - |\n| 1 | 2 |\n\n```python\nprint(1)\n```")

        assert '<div class="scroll-x" tabindex="0" role="region" aria-label="Table"><table>' in html
        assert '<pre class="hl" tabindex="0">' in html

    def test_gives_each_table_a_name_of_its_own(self):
        html = rendered("| a |\n| - |\n| 1 |\n\ntext\n\n| b |\n| - |\n| 2 |")

        assert re.findall('aria-label="([^"]*)"', html) == ["Table", "Table 2"]

    def test_colours_code(self):
        assert '<span class="k">def</span>' in rendered("```python\ndef f(): pass\n```")

    def test_says_when_it_was_cut(self):
        assert "longer than what is shown" in rendered("a " * LIMIT)
