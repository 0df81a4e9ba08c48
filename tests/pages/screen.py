"""A browser that shows the pages of a census. What it asks for, the clients of the test answer: there is no server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from mimetypes import guess_type
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.test import Client
from playwright.sync_api import Browser, Route, sync_playwright
from playwright.sync_api import Page as Tab

from tests.browser import axe, chromium
from tests.browser.chromium import WIDE, complaint
from tests.pages.census import Page

#: A place that browsers trust as they trust https.
ORIGIN = "http://localhost"
Result = TypeVar("Result")


@dataclass(frozen=True)
class Question:
    client: Client
    address: str
    headers: dict[str, str]
    answer: Future[HttpResponse] = field(default_factory=Future)


class Desk:
    """Answers in its own thread, where the transaction of the test is, what a browser in another thread asks."""

    def __init__(self) -> None:
        self._questions: SimpleQueue[Question | None] = SimpleQueue()

    def ask(self, client: Client, address: str, headers: dict[str, str]) -> HttpResponse:
        """Return what an address answers. Called by the browser's thread."""
        question = Question(client, address, headers)
        self._questions.put(question)
        return question.answer.result()

    def serve(self, work: Callable[[], Result]) -> Result:
        """Return what the browser's `work` returns; its questions are answered meanwhile."""
        with ThreadPoolExecutor(1) as thread:
            result = thread.submit(work)
            result.add_done_callback(lambda _: self._questions.put(None))
            while question := self._questions.get():
                try:
                    question.answer.set_result(question.client.get(question.address, headers=question.headers))
                except Exception as error:
                    question.answer.set_exception(error)
            return result.result()


@dataclass
class Screen:
    """A tab in which one person looks at pages. complaints: what the console says that it should not."""

    tab: Tab
    desk: Desk
    client: Client
    page: Page | None = None
    complaints: list[str] = field(default_factory=list)

    def show(self, page: Page) -> None:
        """Load a page, wide and light."""
        self.page = page
        self.complaints.clear()
        axe.turn(self.tab, "light", WIDE)
        self.tab.goto(ORIGIN + page.address)

    def answer(self, route: Route) -> None:
        """Give the browser what it asks for."""
        address = route.request.url.removeprefix(ORIGIN)
        if route.request.is_navigation_request() and self.page and address == self.page.address:
            route.fulfill(body=self.page.text, headers=self.page.headers)
        elif address.startswith("/static/"):
            body, kind = _static(urlsplit(address).path.removeprefix("/static/"))
            route.fulfill(body=body, content_type=kind)
        else:
            self._fetch(route, address)

    def _fetch(self, route: Route, address: str) -> None:
        htmx = {name: value for name, value in route.request.headers.items() if name.startswith("hx-")}
        response = self.desk.ask(self.client, address, htmx)
        if response.streaming:
            route.abort()
        else:
            route.fulfill(status=response.status_code, body=response.content, headers=dict(response.headers))


@contextmanager
def browser() -> Iterator[Browser]:
    """The browser, in the thread that asks for it."""
    with sync_playwright() as playwright:
        program = playwright.chromium.launch(executable_path=chromium.program(), args=chromium.ARGUMENTS)
        try:
            yield program
        finally:
            program.close()


def open_screen(program: Browser, desk: Desk, client: Client) -> Screen:
    """Return a tab for one person."""
    tab = program.new_context(reduced_motion="reduce").new_page()
    screen = Screen(tab, desk, client)
    tab.route("**/*", screen.answer)
    tab.on("console", lambda message: screen.complaints.extend(complaint(message)))
    tab.on("pageerror", lambda error: screen.complaints.append(str(error)))
    return screen


_files: dict[str, tuple[bytes, str]] = {}


def _static(name: str) -> tuple[bytes, str]:
    if name not in _files:
        kind = guess_type(name)[0] or "application/octet-stream"
        _files[name] = Path(finders.find(name)).read_bytes(), kind
    return _files[name]
