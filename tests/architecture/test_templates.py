"""Every template is used by something."""

from __future__ import annotations

import re
from pathlib import Path

import allauth
import django
import pytest
import unfold

from tests.architecture import house

#: Django looks for these by name.
BY_NAME = {"403.html", "404.html", "429.html", "500.html", "403_csrf.html"}
LIBRARIES = [Path(str(library.__file__)).parent for library in (django, allauth, unfold)]


def is_override(name: str) -> bool:
    """Return whether the template stands before one of a library, or beside one: the page of a mail that has none."""
    name = name.replace("_message.html", "_message.txt")
    return any(
        found
        for library in LIBRARIES
        for found in [*library.glob(f"templates/{name}"), *library.rglob(f"templates/{name}")]
    )


def quoted_texts() -> set[str]:
    """Return every quoted text of the sources and of the templates."""
    texts: set[str] = set()
    for floor in house.FLOORS:
        for path in (house.ROOT / floor).rglob("*.py"):
            texts |= set(re.findall(r"[\"']([\w./#-]+)[\"']", path.read_text()))
    for content in house.templates().values():
        texts |= set(re.findall(r"[\"']([\w./#-]+)[\"']", content))
    return texts


class TestTemplates:
    def test_are_all_used(self):
        used = {text.partition("#")[0] for text in quoted_texts()}
        unused = {
            name
            for name in house.templates()
            if name not in used
            and name not in BY_NAME
            and not is_override(name)
            and not any(name.startswith(text) for text in used if text.startswith("emails/"))
        }
        assert unused == set()

    @pytest.mark.parametrize("name", sorted(house.templates()))
    def test_carry_no_script_or_style_of_their_own(self, name):
        content = house.templates()[name]
        assert not re.search(r"\son[a-z]+=|\sstyle=|<style", content, re.IGNORECASE)
        assert not re.search(r"<script(?![^>]*\b(src|type=\"application/(ld\+)?json\"))", content, re.IGNORECASE)
