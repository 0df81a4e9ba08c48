"""What htmx would put into a page, beside what the page shows when it is loaded anew."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

import time_machine
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from lxml import html
from lxml.html import HtmlElement

from common.caches import of_process
from tests.fakes import html_form
from tests.pages.census import Page

HTMX = {"HX-Request": "true"}
#: What differs from answer to answer, and says nothing.
_FLEETING = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|svcpass_\w+|\d+ (milli)?seconds?( ago)?|"
    r'(?<=name="csrfmiddlewaretoken" value=")\w+|(?<=X-CSRFToken": ")\w+'
)


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a page that htmx asks for. element: what carries hx-get or hx-post."""

    page: Page
    element: HtmlElement

    @property
    def name(self) -> str:
        asked = self.element.get("hx-post") or self.element.get("hx-get")
        return f"{self.page.name} {'POST' if self.element.get('hx-post') else 'GET'} {_masked(str(asked))}"


def regions(page: Page) -> Iterator[Region]:
    """Yield every part of a page that htmx asks for, links of a kind once."""
    seen = set()
    for element in page.tree.xpath("//*[@hx-get or @hx-post]"):
        region = Region(page, element)
        if region.name not in seen:
            seen.add(region.name)
            yield region


def differences(client: Client, region: Region) -> list[str]:
    """Return where the page after htmx would not be the page after a reload. What is done is taken back."""
    with time_machine.travel(timezone.now(), tick=False):
        return _differences(client, region)


def _differences(client: Client, region: Region) -> list[str]:
    if region.element.get("hx-get"):
        return _of_get(client, region)
    form = region.element if region.element.tag == "form" else next(region.element.iterancestors("form"))
    posted = html_form.posts(html.tostring(form, encoding="unicode"))
    found = []
    for values in (posted, {}):
        found += _of_post(client, region, form, values)
    return found


def _of_get(client: Client, region: Region) -> list[str]:
    asked = region.element.get("hx-get")
    address = asked if asked.startswith("/") else region.page.address.partition("?")[0] + asked
    ordinary = region.element.get("href") or region.element.get("action") or address
    ordinary = ordinary if ordinary.startswith("/") else region.page.address.partition("?")[0] + ordinary
    part, whole = _get(client, address, htmx=True), _get(client, ordinary)
    if "load" in region.element.get("hx-trigger", ""):
        return []  # there before and after a reload alike: both load it
    return _compared(part, whole, region.element)


def _of_post(client: Client, region: Region, form: HtmlElement, values: dict[str, list[str]]) -> list[str]:
    address = region.element.get("hx-post")
    ordinary = form.get("action") or region.page.address
    if address != ordinary:
        ordinary = address
    part = _undone(client, address, values, htmx=True)
    whole = _undone(client, ordinary, values)
    if to := part.headers.get("HX-Redirect"):
        led = whole.headers.get("Location", f"nowhere ({whole.status_code})")
        return [] if _masked(to) == _masked(led) else [f"htmx is led to {to}, the form to {led}"]
    return _compared(part, whole, region.element)


def _compared(part: HttpResponse, whole: HttpResponse, element: HtmlElement) -> list[str]:
    if "<html" not in whole.content.decode():
        return [] if _masked(part.content.decode()) == _masked(whole.content.decode()) else ["two different fragments"]
    page = html.document_fromstring(whole.content.decode())
    pieces = [piece for piece in html.fragments_fromstring(part.content.decode()) if not isinstance(piece, str)]
    return [fault for piece in pieces for fault in _beside(piece, page)]


def _beside(piece: HtmlElement, page: HtmlElement) -> Iterator[str]:
    if not piece.get("id"):
        if written(piece) not in written(page):
            yield f"not in the page: {written(piece)[:200]}"
        return
    found = page.xpath(f"//*[@id='{piece.get('id')}']")
    if len(found) != 1:
        yield f"#{piece.get('id')} is {len(found)} times in the page"
    elif (ours := written(piece)) != (theirs := written(found[0])):
        at = next(
            (i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs))
        )
        yield f"#{piece.get('id')}: {ours[max(0, at - 60) : at + 60]!r} is not {theirs[max(0, at - 60) : at + 60]!r}"


def written(element: HtmlElement) -> str:
    """Return an element with what does not matter made alike: spaces, tokens, ids."""
    text = html.tostring(element, encoding="unicode", with_tail=False)
    return _masked(re.sub(r"\s+", " ", text))


def _masked(text: str) -> str:
    return _FLEETING.sub("…", text)


def _get(client: Client, address: str, *, htmx: bool = False) -> HttpResponse:
    of_process.clear()
    random.seed(1)  # a pool draws whom it calls
    return client.get(address, headers=HTMX if htmx else None)


def _undone(client: Client, address: str, values: dict[str, list[str]], *, htmx: bool = False) -> HttpResponse:
    """Return the answer to a form, and the page that it leads to where it is led to itself; nothing of it stays."""
    with transaction.atomic():
        response = client.post(address, values, headers=HTMX if htmx else None)
        if response.status_code == 302 and not htmx and _same(response.headers["Location"], address):
            response = client.get(response.headers["Location"])
        transaction.set_rollback(True)
    connection.run_on_commit.clear()
    return response


def _same(to: str, address: str) -> bool:
    return to.partition("?")[0] == address.partition("?")[0]
