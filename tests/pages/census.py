"""Every page there is, and who sees it where. Made from the URL conf: a new page is in it by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver
from lxml import html

from common.caches import of_process
from tests.architecture import addresses
from tests.factories.belongings import Belongings
from tests.factories.visitors import visitor

#: Addresses that are asked for with GET and answer no page of ours: {pattern: what they answer}.
NO_PAGES: dict[str, str] = {
    "accounts/3rdparty/login/error/": "an error of a log-in elsewhere; with its status 401",
    "accounts/3rdparty/signup/": "goes on with a log-in that has begun elsewhere",
    "accounts/login/code/confirm/": "goes on with a log-in that has begun",
    "accounts/password/set/": "for people without a password; others are led to its change",
    "accounts/social/connections/": "an older address of the library",
    "accounts/social/login/cancelled/": "the same",
    "accounts/social/login/error/": "the same",
    "accounts/social/signup/": "the same",
    "disputes/<uuid:dispute_id>/attached/<uuid:file_id>": "a download",
    "favicon.ico": "the icon",
    "files/<uuid:file_id>": "a download",
    "healthz": "a word for supervisors",
    "market/documents/<uuid:document_id>": "a download",
    "messages/<uuid:conversation_id>/attachments/<uuid:attachment_id>": "a download",
    "playground/calls/<uuid:log_id>": "a part of the playground",
    "playground/history": "the same",
    "request-logs/export/<str:kind>": "a download",
    "request-logs/tail": "a stream of events",
    "robots.txt": "text for robots",
    "seller/invoices/<uuid:invoice_id>/csv": "a download",
    "seller/invoices/<uuid:invoice_id>/pdf": "a download",
    "seller/payouts/account": "goes on to the processor's pages",
    "seller/payouts/return": "comes back from the processor's pages",
    "sitemap.xml": "XML for search engines",
    "statements/<str:number>/files/<str:kind>": "a download",
    "seller/usage.csv": "a download",
    "status.json": "the status for programs",
    "teams/join/<str:word>": "an invitation that the addresses of the census have no word of",
    "teams/open/<str:token>": "a link of a mail, which leads on",
    "topics": "the documentation for programs",
    "topics/<slug:slug>": "the same",
    "usage.csv": "a download",
    "wallet/banner": "a part of other pages",
    "wallet/top-ups/<uuid:top_up_id>/confirm": "goes on to the processor's pages",
}
#: Pages that nobody sees of what the owners have: {pattern: where somebody sees it}.
_SEEN_AT: dict[str, Callable[[Belongings], str]] = {
    # sellers ask nobody about a service, and nobody else may see the private one
    "messages/new/<uuid:service_id>": lambda owner: f"/messages/new/{owner.enrollment.service_id}",
}
#: What a page is not asked for: the APIs answer JSON (tests/contracts).
_APIS = "v1"
_LIBRARY = "accounts/"
NOT_ALLOWED = 405


@dataclass(frozen=True, slots=True)
class Page:
    """A page as one visitor sees it. queries: the statements that made it."""

    who: str
    route: str
    address: str
    text: str
    queries: tuple[str, ...] = field(repr=False)
    headers: dict[str, str] = field(repr=False, hash=False)

    @property
    def name(self) -> str:
        return f"{self.who}: {self.address if '?' in self.address else self.route}"

    @property
    def tree(self) -> html.HtmlElement:
        return html.document_fromstring(self.text)


@dataclass(frozen=True, slots=True)
class Census:
    """pages: all of them, as everybody sees them. silent: patterns that show nobody a page."""

    pages: tuple[Page, ...]
    silent: frozenset[str]


def routes() -> list[str]:
    """Return the patterns that may be pages: ours, and those of the log-in library without arguments."""
    ours = [route for route in addresses.routes() if not route.startswith(_APIS)]
    return ours + sorted(route for route in _of_library() if "<" not in route and "(" not in route)


def everybody(owner: Belongings) -> dict[str, Client]:
    """Return a browser for each kind of visitor."""
    return {"visitor": Client(), "buyer": visitor(owner.buyer), "seller": visitor(owner.seller)}


def take(owner: Belongings, patterns: Iterable[str] | None = None) -> Census:
    """Ask for every address as everybody. patterns: those that are asked for alone."""
    clients = everybody(owner)
    pages: dict[tuple[str, str], Page] = {}
    silent = set()
    for route in routes() if patterns is None else patterns:
        address = _SEEN_AT[route](owner) if route in _SEEN_AT else addresses.filled(route, owner)
        found = [page for who, client in clients.items() if (page := look(who, client, route, address))]
        pages |= {(page.who, page.address): page for page in found}
        if not found and clients["buyer"].get(address).status_code != NOT_ALLOWED:
            silent.add(route)
    for page in list(pages.values()):
        for address in _tabs(page):
            tab = look(page.who, clients[page.who], page.route, address)
            if tab is not None:
                pages.setdefault((tab.who, tab.address), tab)
    return Census(tuple(pages.values()), frozenset(silent))


def look(who: str, client: Client, route: str, address: str) -> Page | None:
    """Return the page at an address as the visitor of `client` sees it, None when there is none for them."""
    of_process.clear()
    with CaptureQueriesContext(connection) as seen:
        response = client.get(address)
    if not is_page(response):
        return None
    statements = [query["sql"] for query in seen.captured_queries]
    counted = tuple(sql for sql in statements if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK TO")))
    return Page(who, route, address, response.content.decode(), counted, dict(response.headers))


def is_page(response: HttpResponse) -> bool:
    """Return whether the answer is a whole page."""
    is_html = response.headers.get("Content-Type", "").startswith("text/html") and not response.streaming
    return response.status_code == 200 and is_html and b"<html" in response.content


def _tabs(page: Page) -> list[str]:
    """Return the addresses of the tabs of a page, which are links."""
    path = page.address.partition("?")[0]
    links = page.tree.xpath("//*[@data-tabs]//a/@href")
    return [f"{path}{link}" if link.startswith("?") else link for link in links if link.startswith(("?", f"{path}?"))]


def _of_library() -> Iterator[str]:
    def walk(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[str]:
        for pattern in patterns:
            route = f"{before}{pattern.pattern}"
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, route)
            else:
                yield route

    return (route for route in walk(get_resolver().url_patterns, "") if route.startswith(_LIBRARY))
