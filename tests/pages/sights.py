"""What is wrong with pages as they are seen and used in a browser: light and dark, wide and narrow, by keys.

The pages are parted into groups, a test file each, so that several processes share the work.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.browser import chromium, looks
from tests.factories.belongings import Belongings
from tests.pages import census, keys, screen
from tests.pages.census import Census, Page
from tests.pages.markup import told
from tests.pages.screen import Desk, Screen

#: The first words of the addresses of each group; `REST` is every other page.
GROUPS: dict[str, Collection[str]] = {
    "calls": (
        "aliases",
        "broadcasts",
        "chains",
        "collections",
        "files",
        "keys",
        "request-logs",
        "resolve",
        "schedules",
    ),
    "money": ("disputes", "enrollments", "messages", "statements", "subscriptions", "teams", "usage", "wallet"),
    "sellers": ("seller", "secrets", "promotions", "playground"),
}
REST = "rest"


@dataclass
class Sights:
    """What was found, by the name of the page. shown: the pages that were looked at."""

    shown: list[str] = field(default_factory=list)
    barriers: dict[str, list[str]] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)
    complaints: dict[str, list[str]] = field(default_factory=dict)

    def look(self, window: Screen, page: Page) -> None:
        """Look at a page that is loaded once."""
        window.show(page)
        name = f"{page.who}: {page.address}"
        self.shown.append(name)
        is_first = page.address == "/"
        part = "body" if is_first else "main"
        found = {
            "barriers": looks.faults_in_light(window.tab, window.around),
            "keys": keys.faults(window.tab, whole=is_first),
        }
        found["barriers"] += looks.faults_in_dark(window.tab, part, lambda how: picture(window, how))
        for kind, faults in {**found, "complaints": list(window.complaints)}.items():
            if faults:
                getattr(self, kind)[name] = faults


class Screens:
    """The tests of the pages of a group."""

    GROUP: str

    def test_have_no_barriers_in_any_theme_or_width(self, looked_at: Sights) -> None:
        assert not looked_at.barriers, told(looked_at.barriers)

    def test_are_used_with_the_keyboard_alone(self, looked_at: Sights) -> None:
        assert not looked_at.keys, told(looked_at.keys)

    def test_have_nothing_to_complain_about_in_the_console(self, looked_at: Sights) -> None:
        assert not looked_at.complaints, told(looked_at.complaints)


def routes_of(group: str) -> list[str]:
    """Return the patterns of the pages that a file looks at."""
    named = {word: name for name, words in GROUPS.items() for word in words}
    return [route for route in census.routes() if named.get(route.partition("/")[0], REST) == group]


def worth_a_look(few: Census) -> list[Page]:
    """Return every address as the first of those who see it, and as others to whom it shows parts of another kind."""
    kinds: dict[str, set[str]] = {}
    chosen = []
    for page in few.pages:
        shown = {f"{each.tag} {each.get('class')}" for each in page.tree.xpath("//main//*")}
        if page.address not in kinds or page.address == "/" or shown - kinds[page.address]:
            chosen.append(page)
        kinds.setdefault(page.address, set()).update(shown)
    return chosen


def look_at(pages: list[Page], owner: Belongings) -> Sights:
    """Show the pages to those who see them."""
    if chromium.program() is None:
        pytest.skip(chromium.MISSING)
    desk, clients = Desk(), census.everybody(owner)

    def look() -> Sights:
        sights = Sights()
        with screen.browser() as program:
            for who in sorted({page.who for page in pages}):
                with screen.open_screen(program, desk, clients[who]) as window:
                    for page in pages:
                        if page.who == who:
                            sights.look(window, page)
        return sights

    return desk.serve(look)


def picture(window: Screen, how: str) -> None:
    """Keep a picture of the page in the folder that SCREENSHOTS names."""
    if (folder := os.environ.get("SCREENSHOTS")) and window.page:
        address = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "id", window.page.address).strip("/").replace("/", "_")
        name = f"{window.page.who}-{address[:80] or 'home'}-{how}.png"
        window.tab.screenshot(path=Path(folder) / name, full_page=True)
