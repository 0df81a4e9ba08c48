"""A page as it is seen: in both themes, wide and narrow. What looks as it did before is looked at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

from tests.browser import axe
from tests.browser.chromium import NARROW, WIDE

_LOOKS = (Path(__file__).parent / "looks.js").read_text()
#: Where keys have led, the bar that stays at the top of the window may lie on what is looked at.
_FROM_THE_TOP = "() => { document.activeElement?.blur(); scrollTo(0, 0); }"
_NOTE = f"part => {{ looks.note(part); return {axe.OVERFLOW}; }}"
_COMPARE = f"part => [looks.changed(part), {axe.OVERFLOW}]"


def faults_in_light(page: Page, around: list[int]) -> list[str]:
    """Return what all rules find wrong with a page that is shown wide and light.

    around: what stands around the content and was looked at, in this place, on pages before. It grows.
    """
    page.evaluate(axe.SOURCE + _LOOKS)
    around += page.evaluate("known => looks.around(known)", around)
    found = axe.barriers(page, where="({ exclude: looks.seen })")
    return _told("light-wide", [*found, *axe.too_wide(page.evaluate(axe.OVERFLOW))])


def faults_in_dark(page: Page, part: str, keep: Callable[[str], None] = lambda _: None) -> list[str]:
    """Return what is wrong where the theme or the width changes it, with the same page, which stays dark.

    What is read in the same ink on the same paper when the page is narrow is not looked at once more when it is wide.
    part: the selector of what is looked at. keep: is told of each look, "dark-wide".
    """
    page.evaluate(_FROM_THE_TOP)
    axe.turn(page, "dark", WIDE)
    found = _told("dark-wide", axe.too_wide(page.evaluate(_NOTE, part)))
    keep("dark-wide")
    axe.turn(page, "dark", NARROW)
    changed, pixels = page.evaluate(_COMPARE, part)
    found += _told("dark-narrow", [*axe.barriers(page, axe.LAYOUT, repr(part)), *axe.too_wide(pixels)])
    keep("dark-narrow")
    if changed:
        axe.turn(page, "dark", WIDE)
        found += _told("dark-wide", axe.barriers(page, axe.COLOURS, "({ include: looks.other })"))
    return found


def _told(how: str, faults: list[str]) -> list[str]:
    return [f"{how}: {fault}" for fault in faults]
