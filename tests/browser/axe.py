"""axe-core in a page of the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from playwright.sync_api import Page

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
STILL = "*, *::before, *::after { transition: none !important; animation: none !important; }"
#: By how many pixels the page is wider than the window.
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_RUN = """(asked) => window.axe ? axe.run(WHERE, { runOnly: asked, resultTypes: ["violations"] }) : null"""


def barriers(page: Page, rules: list[str] | None = None, where: str = "document") -> list[str]:
    """Return what axe-core finds wrong with a page, a line for each rule and element.

    rules: the names of those that are asked alone; else all.
    where: which part of the page, in JavaScript: a selector in quotes, an element, or a context of axe-core.
    """
    asked = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS}
    run = _RUN.replace("WHERE", where)
    found = page.evaluate(run, asked)
    if found is None:
        page.evaluate(SOURCE)
        found = page.evaluate(run, asked)
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found["violations"] for node in rule["nodes"]]


def turn(page: Page, theme: Literal["light", "dark"], size: tuple[int, int]) -> None:
    """Let the same page be seen in another theme or width."""
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    if page.viewport_size != {"width": size[0], "height": size[1]}:
        page.set_viewport_size({"width": size[0], "height": size[1]})


def too_wide(pixels: int) -> list[str]:
    """Return a line that says so when the page is by so many pixels wider than the window, as OVERFLOW tells."""
    return [f"{pixels}px too wide"] if pixels > 0 else []
