"""The looks of a browser find what is wrong with a page."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.browser import chromium, looks
from tests.pages import keys, screen
from tests.pages.census import Page

pytestmark = pytest.mark.browser

BAD = """<!DOCTYPE html><html lang="en"><head><title>Bad</title><style>
  body { color: #bbb; background: #fff } .mute:focus { outline: none } .wide { width: 500px } .row { display: flex }
</style></head><body>
<a class="skip-link" href="#main">Skip to content</a>
<main id="main" tabindex="-1"><h1>Bad</h1><p class="wide">Hardly to be read.</p>
  <button>Well made</button>
  <a class="mute" href="/a">Shows nothing</a>
  <div class="row"><a href="/b" class="last">Last</a> <a href="/c">First</a></div>
  <button commandfor="stays" command="show-modal">Open</button>
  <dialog id="stays"><h2>Stays</h2><button type="button">Nothing</button></dialog>
  <input aria-label="Holds" id="holds">
</main>
<style>.last { order: 2 }</style>
<script>
  document.getElementById("stays").addEventListener("cancel", (event) => event.preventDefault());
  console.error("something broke");
</script>
</body></html>"""
HOLDS = BAD.replace(
    "<script>",
    """<script>document.getElementById("holds").addEventListener("keydown", (event) => event.preventDefault());""",
)


def look(markup: str) -> tuple[list[str], list[str], list[str]]:
    """Return what is wrong with a page: barriers, keys, complaints."""
    if chromium.program() is None:
        pytest.skip(chromium.MISSING)
    page = Page("visitor", "bad", "/bad", markup, (), {"Content-Type": "text/html"})

    def work() -> tuple[list[str], list[str], list[str]]:
        with screen.browser() as program, screen.open_screen(program, screen.Desk(), Client()) as window:
            window.show(page)
            barriers = looks.faults_in_light(window.tab, window.around)
            walked = keys.faults(window.tab, whole=False)
            barriers += looks.faults_in_dark(window.tab, "main")
            return barriers, walked, list(window.complaints)

    return screen.Desk().serve(work)


def test_find_what_keeps_people_out():
    barriers, walked, complaints = look(BAD)

    assert any(fault.startswith("light-wide: color-contrast") for fault in barriers)
    assert any(fault.startswith("dark-narrow: color-contrast") for fault in barriers)
    assert any(fault.startswith("dark-narrow: ") and fault.endswith("px too wide") for fault in barriers)
    assert [fault.partition(" <")[0] for fault in walked] == [
        "shows no focus on",
        "is shown in another order:",
        "#stays does not give the focus back",
    ]
    assert complaints == ["something broke"]


def test_find_what_holds_the_focus():
    assert look(HOLDS)[1][0] == "the focus is held"
