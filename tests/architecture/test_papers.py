"""The papers that a newcomer looks for."""

from __future__ import annotations

import re

import pytest

from tests.architecture import house

PAGES = [*house.ROOT.glob("*.md"), *house.ROOT.glob("docs/**/*.md"), *house.ROOT.glob("*/README.md")]


class TestPapers:
    @pytest.mark.parametrize("floor", house.FLOORS)
    def test_tell_of_every_floor_what_it_owns(self, floor):
        assert (house.ROOT / floor / "README.md").read_text().startswith("# ")

    @pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(house.ROOT)))
    def test_link_to_what_is_there(self, page):
        links = re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", page.read_text())
        assert [link for link in links if not (page.parent / link).exists()] == []

    def test_number_the_decisions_without_a_gap(self):
        numbers = sorted(int(path.name[:4]) for path in (house.ROOT / "docs" / "decisions").glob("*.md"))
        assert numbers == list(range(1, len(numbers) + 1))

    def test_of_the_locks_name_no_host(self):
        locks = sorted((house.ROOT / "requirements").glob("*.txt"))
        assert [lock.name for lock in locks] == ["dev.txt", "prod.txt", "run.txt"]
        texts = [lock.read_text() for lock in locks]
        assert not any("://" in text or re.search(r"(?m)^\s*-", text.replace("    --hash=", "")) for text in texts)
