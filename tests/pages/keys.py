"""A page without a pointer: everything that can be used is reached, shows it, and nothing holds the focus."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Page as Tab

from tests.browser import axe

_WALK = (Path(__file__).parent / "keys.js").read_text()
#: Regions that scroll take the focus too, and a calendar has several places in one field.
_MORE_STOPS = 40
_OPENED = """(number) => {
  const opener = walk.openers()[number];
  const dialog = document.getElementById(opener.getAttribute("commandfor"));
  return [dialog.id, dialog.open && dialog.contains(document.activeElement)];
}"""
#: What is wrong, when the walk has come to its end.
_ENDED = "walk.has_left || document.activeElement === document.body ? walk.faults() : null"
_CLOSED = """([id, number]) => {
  const dialog = document.getElementById(id);
  const is_closed = !dialog.open && document.activeElement === walk.openers()[number];
  dialog.close();
  return is_closed;
}"""


def faults(tab: Tab, *, whole: bool) -> list[str]:
    """Return what the Tab key does wrong. whole: with the navigation, which every page has alike."""
    tab.evaluate(_WALK)
    return [*_skips(tab), *_walks(tab, "body" if whole else "main"), *_dialogs(tab)]


def _skips(tab: Tab) -> list[str]:
    """The first stop leads over the navigation."""
    tab.keyboard.press("Tab")
    if not tab.evaluate("document.activeElement.matches('.skip-link')"):
        return ["the first stop is no link to the content"]
    tab.keyboard.press("Enter")
    leads = tab.evaluate("document.activeElement.id === 'main'")
    return [] if leads else ["the link to the content does not lead there"]


def _walks(tab: Tab, part: str) -> list[str]:
    """The key is held down: one signal for a stop, not two."""
    if part == "body":
        tab.evaluate("document.activeElement.blur(); location.hash = ''; getSelection().collapse(document.body, 0)")
    stops = tab.evaluate(f"walk.begin(document.querySelector('{part}'))")
    found = None
    for number in range(stops + _MORE_STOPS):
        tab.keyboard.down("Tab")
        if number >= stops and (found := tab.evaluate(_ENDED)) is not None:
            break
    tab.keyboard.up("Tab")
    return ["the focus is held"] if found is None else list(found)


def _dialogs(tab: Tab) -> list[str]:
    """Each kind of dialog takes the focus, has no barriers, closes with Escape and gives the focus back."""
    return [fault for number in range(tab.evaluate("walk.openers().length")) for fault in _dialog(tab, number)]


def _dialog(tab: Tab, number: int) -> list[str]:
    tab.evaluate("number => walk.openers()[number].focus()", number)
    tab.keyboard.press("Enter")
    name, is_open = tab.evaluate(_OPENED, number)
    if not is_open:
        return [f"#{name} does not open, or does not take the focus"]
    where = f"document.getElementById({json.dumps(name)})"
    found = [f"#{name}: {fault}" for fault in axe.barriers(tab, where=where)]
    tab.emulate_media(color_scheme="dark")
    found += [f"#{name}, dark: {fault}" for fault in axe.barriers(tab, axe.COLOURS, where)]
    tab.emulate_media(color_scheme="light")
    tab.keyboard.press("Escape")
    return found if tab.evaluate(_CLOSED, [name, number]) else [*found, f"#{name} does not give the focus back"]
