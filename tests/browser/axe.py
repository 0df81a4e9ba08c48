"""axe-core in a page of the browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page

from tests.browser.chromium import NARROW, WIDE

SOURCE = (Path(__file__).parent.parent / "fakes" / "axe-core-4.14.1.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: The rules whose answer the theme can change.
COLOURS = ["color-contrast", "link-in-text-block"]
#: Those that the width can change: what is shown, how near it is to other things, what scrolls by itself.
LAYOUT = [
    *COLOURS,
    "aria-hidden-focus",
    "empty-heading",
    "heading-order",
    "nested-interactive",
    "scrollable-region-focusable",
    "table-fake-caption",
    "target-size",
]
#: Nothing fades from one look to the next.
_STILL = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("*, *::before, *::after { transition: none !important; animation: none !important; }");
  document.adoptedStyleSheets = [sheet];
}"""
_RUN = """([within, asked]) => axe.run(within ?? document, { runOnly: asked, resultTypes: ["violations"] })"""


def barriers(page: Page, rules: list[str] | None = None, within: str | None = None) -> list[str]:
    """Return what axe-core finds wrong with a page, a line for each rule and element.

    rules: the names of those that are asked alone; else all. within: the selector of a part of the page.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(SOURCE)
    asked = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS}
    found = page.evaluate(_RUN, [within, asked])
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found["violations"] for node in rule["nodes"]]


def faults(page: Page, part: str | None = None, keep: Callable[[str], None] = lambda _: None) -> list[str]:
    """Return what is wrong with a page that was loaded once, in both themes, and narrow: barriers, or no room.

    part: where the second look stays, at what the theme or the width changes. keep: is told of each look, "dark-wide".
    """
    page.evaluate(_STILL)
    found = []
    for theme, size, rules in (
        ("light", WIDE, None),
        ("dark", WIDE, COLOURS),
        ("dark", NARROW, LAYOUT),
    ):
        turn(page, theme, size)
        how = f"{theme}-{'wide' if size == WIDE else 'narrow'}"
        wrong = [*barriers(page, rules, part if rules else None), *_too_wide(page)]
        found += [f"{how}: {fault}" for fault in wrong]
        keep(how)
    turn(page, "light", WIDE)
    return found


def turn(page: Page, theme: Literal["light", "dark"], size: tuple[int, int]) -> None:
    """Let the same page be seen in another theme or width."""
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    if page.viewport_size != {"width": size[0], "height": size[1]}:
        page.set_viewport_size({"width": size[0], "height": size[1]})


def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


def _too_wide(page: Page) -> list[str]:
    return [f"{pixels}px too wide"] if (pixels := overflow(page)) > 0 else []
