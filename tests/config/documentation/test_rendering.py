from __future__ import annotations

import fnmatch
import re
from pathlib import Path

import pytest
from django.conf import settings

from config.documentation.papers import PAPERS, Paper
from config.documentation.rendering import rendered
from gateway.responses import PAGES
from tests.architecture.error_codes import gateway_errors


@pytest.fixture
def paper(settings, tmp_path):
    """Write a file of docs/ and read it as its page."""
    settings.BASE_DIR = tmp_path
    (tmp_path / "docs" / "algorithms").mkdir(parents=True)

    def write(text: str, name: str = "gateway"):
        (tmp_path / "docs" / f"{name}.md").write_text(text)
        return rendered(Paper(name, "A paper"))

    return write


class TestRendered:
    def test_takes_the_title_for_the_page_and_lists_the_sections(self, paper):
        found = paper("# The `gate`\n\nHello\n\n## One way\n\n### Inside\n\n## Two, three & more\n")

        assert found.title == "The gate"
        assert [(each.title, each.anchor) for each in found.headings] == [
            ("One way", "one-way"),
            ("Two, three & more", "two-three--more"),
        ]
        assert '<h2 id="one-way">One way</h2>' in found.html
        assert '<h3 id="inside">Inside</h3>' in found.html
        assert "<h1" not in found.html

    def test_tells_headings_of_one_name_apart(self, paper):
        html = paper("# T\n\n## A\n\n## A\n\n## A\n").html

        assert re.findall('id="([^"]+)"', html) == ["a", "a-1", "a-2"]

    def test_gives_codes_in_tables_an_anchor_below_their_section_and_the_first_of_two(self, paper):
        html = paper("# T\n\n## Gate\n\n| c | s |\n| - | - |\n| `no_key` | 1 |\n| `no_key` | 2 |\n| a `b` | 3 |\n").html

        assert re.findall('<tr id="([^"]+)"', html) == ["gate-no_key"]

    @pytest.mark.parametrize(
        ("name", "written", "address"),
        [
            ("gateway", "errors.md", "/docs/errors"),
            ("gateway", "errors.md#gateway", "/docs/errors#gateway"),
            ("gateway", "algorithms/holds.md", "/docs/algorithms/holds"),
            ("algorithms/pricing", "rounding.md", "/docs/algorithms/rounding"),
            ("algorithms/pricing", "../gateway.md#limits", "/docs/gateway#limits"),
            ("gateway", "#limits", "#limits"),
            ("gateway", "https://peps.python.org/", "https://peps.python.org/"),
        ],
    )
    def test_leads_links_to_the_pages(self, paper, name, written, address):
        assert f'<a href="{address}">there</a>' in paper(f"# T\n\n[there]({written})\n", name).html

    @pytest.mark.parametrize("written", ["architecture.md", "decisions/0003-leases.md", "../common/ports.py"])
    def test_keeps_only_the_words_of_links_to_what_is_not_published(self, paper, written):
        assert paper(f"# T\n\nsee [over *there*]({written}), or [here](#t)\n").html == (
            '<p>see over <em>there</em>, or <a href="#t">here</a></p>\n'
        )

    def test_shows_what_was_written_since(self, paper):
        paper("# Before\n")

        assert paper("# After, and longer\n").title == "After, and longer"

    def test_colours_code_and_lets_no_html_through(self, paper):
        html = paper("# T\n\n```python\ndef f(): pass\n```\n\n<script>x</script>\n").html

        assert '<span class="k">def</span>' in html
        assert "<script" not in html


class TestPapers:
    def test_are_in_the_image(self):
        ignored = (Path(settings.BASE_DIR) / ".dockerignore").read_text().split()

        assert [line for line in ignored if fnmatch.fnmatch("docs", line) or line.startswith(("docs", "*.md"))] == []

    @pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
    def test_lead_nowhere_that_is_not(self, paper):
        links = re.findall(r'<a href="([^"]+)"', rendered(paper).html)

        assert [link for link in links if not _leads_somewhere(link, paper)] == []


def _leads_somewhere(link: str, paper: Paper) -> bool:
    path, _, anchor = link.partition("#")
    if path.startswith("https://"):
        return True
    target = PAPERS.get(path.removeprefix("/docs/")) if path else paper
    return target is not None and (not anchor or f' id="{anchor}"' in rendered(target).html)


class TestErrors:
    def test_of_the_gateway_lead_to_their_row(self):
        html = rendered(PAPERS["errors"]).html
        codes = {row.code for row in gateway_errors()}

        assert len(codes) > 50
        assert {code for code in codes - set(PAGES) if f'<tr id="gateway-{code}">' not in html} == set()

    def test_are_mended_on_pages_that_exist(self, client, db):
        assert {path for path in PAGES.values() if client.get(path).status_code not in {200, 302}} == set()
