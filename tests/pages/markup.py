"""What the markup of a page must keep to. Each function returns what is wrong, a line each."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders
from lxml.html import HtmlElement

from tests.pages.census import Page

HTML_BYTES, SCRIPT_BYTES = 100_000, 60_000
#: The last words of addresses that take something away for good.
DESTRUCTIVE = frozenset({"cancel", "delete", "deprecate", "forget", "leave", "remove", "revoke", "stop", "withdraw"})
_ASKS = ("confirm(", "alert(", "hx-confirm", "hx-prompt", "onclick=", "onsubmit=")


def told(found: Mapping[str, object]) -> str:
    """Return what was found, a line for each page."""
    return "\n" + "\n".join(f"{name}: {faults}" for name, faults in found.items())


def faults(page: Page) -> list[str]:
    """Return everything that is wrong with a page by itself."""
    tree = page.tree
    checks = (sizes, headings, outline, names, ways, questions)
    return [fault for check in checks for fault in check(page, tree)]


def sizes(page: Page, tree: HtmlElement) -> Iterator[str]:
    """The page is below 100 kB, and its scripts below 60 kB as they travel."""
    if (size := len(page.text.encode())) >= HTML_BYTES:
        yield f"{size} bytes of HTML"
    scripts = sum(_travelling(source) for source in tree.xpath("//script/@src"))
    if scripts >= SCRIPT_BYTES:
        yield f"{scripts} bytes of scripts"


def headings(page: Page, tree: HtmlElement) -> Iterator[str]:
    """One h1, and no level is skipped on the way down. Dialogs begin at level 2 by themselves."""
    levels = [int(each.tag[1]) for each in tree.xpath("//*[self::h1 or self::h2 or self::h3 or self::h4 or self::h5]")]
    if levels.count(1) != 1:
        yield f"{levels.count(1)} headings of level 1"
    main = [int(each.tag[1]) for each in tree.xpath("//main//*[self::h1 or self::h2 or self::h3 or self::h4]")]
    for before, after in pairwise(main):
        if after > before + 1:
            yield f"level {after} after level {before}"


def outline(page: Page, tree: HtmlElement) -> Iterator[str]:
    """The link over the navigation comes first and leads to the content; the page has a title and a language."""
    links = tree.xpath("//body//a/@href")
    if links[:1] != ["#main"] or not tree.xpath("//main[@id='main' and @tabindex='-1']"):
        yield "no link to the content comes first"
    if not tree.get("lang") or not (tree.findtext(".//title") or "").strip(" ·"):
        yield "no language or title"


def names(page: Page, tree: HtmlElement) -> Iterator[str]:
    """Every id is there once."""
    twice = [name for name, count in Counter(tree.xpath("//@id")).items() if count > 1]
    yield from (f"id {name} twice" for name in twice)


def ways(page: Page, tree: HtmlElement) -> Iterator[str]:
    """Whatever htmx does, the page does without it too."""
    path = page.address.partition("?")[0]
    for each in tree.xpath("//*[@hx-post]"):
        form = each if each.tag == "form" else next(each.iterancestors("form"), None)
        if form is None or form.get("method", "").lower() != "post":
            yield f"no form posts what {_short(each)} posts"
            continue
        to = each.get("hx-post")
        ordinary = {form.get("action") or path, *form.xpath(".//button/@formaction")}
        buttons = form.xpath(".//button[not(@type) or @type='submit']")
        if to not in ordinary and f"{path}" not in ordinary:
            yield f"{to} is posted to by htmx alone"
        if not buttons and not tree.xpath(f"//button[@form='{form.get('id')}']"):
            yield f"no button sends the form of {to}"
    for each in tree.xpath("//*[@hx-get]"):
        is_refresh = re.search(r"every|load|from:body", each.get("hx-trigger", ""))
        form = each if each.tag == "form" else next(each.iterancestors("form"), None)
        ordinary = each.get("href") or (form.get("action", path) if form is not None else "")
        has_way = urlsplit(ordinary).path == urlsplit(each.get("hx-get")).path
        if not (is_refresh or has_way):
            yield f"{_short(each)} leads nowhere without htmx"


def questions(page: Page, tree: HtmlElement) -> Iterator[str]:
    """What cannot be undone is asked in a dialog of the page that names the thing."""
    yield from (f"{word} in the page" for word in _ASKS if word in page.text.lower())
    asked: list[str] = []
    for form in tree.xpath("//form"):
        if (form.get("method") or "").lower() == "post" and _is_destructive(form.get("action") or ""):
            dialog = next(form.iterancestors("dialog"), None)
            if dialog is None:
                yield f"{form.get('action')} is not asked for in a dialog"
            else:
                asked += [" ".join(dialog.xpath(".//h2")[0].text_content().split())]
    twice = [title for title, count in Counter(asked).items() if count > 1]
    yield from (f"“{title}” does not name the thing" for title in twice)


def _is_destructive(address: str) -> bool:
    return address.rstrip("/").rpartition("/")[2] in DESTRUCTIVE


def _short(element: HtmlElement) -> str:
    attributes = " ".join(f'{name}="{value[:80]}"' for name, value in element.items() if name.startswith(("hx", "id")))
    return f"<{element.tag} {attributes}>"


@lru_cache(maxsize=64)
def _travelling(source: str) -> int:
    """Return the size of a script as it is sent: packed."""
    return len(gzip.compress(Path(finders.find(source.removeprefix("/static/"))).read_bytes()))
