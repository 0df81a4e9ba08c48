"""A browser that shows the pages of a census. What they ask for, the clients of the test answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TypeVar

from django.http import HttpResponse
from django.test import Client
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Page as Tab

from tests.browser import axe, chromium
from tests.browser.chromium import WIDE, complaint
from tests.pages.census import Page
from tests.pages.server import Answer, Server

#: A stream of events that is answered so is not asked for again.
NOTHING_MORE = 204
#: Nobody is asked but ourselves.
ALONE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost"
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
    """A tab in which one person looks at pages.

    complaints: what the console says that it should not. around: what stands around the content and was looked at.
    """

    tab: Tab
    desk: Desk
    client: Client
    page: Page | None = None
    complaints: list[str] = field(default_factory=list)
    around: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server = Server(self.answer)

    def show(self, page: Page) -> None:
        """Load a page, wide and light."""
        self.page = page
        self.complaints.clear()
        axe.turn(self.tab, "light", WIDE)
        self.tab.goto(self.server.origin + page.address)

    def answer(self, address: str, headers: dict[str, str]) -> Answer:
        """Return the page, or what the desk says. Called by the threads of the server."""
        if self.page and address == self.page.address and headers.get("sec-fetch-mode") == "navigate":
            return Answer(self.page.text.encode(), self.page.headers)
        htmx = {name: value for name, value in headers.items() if name.startswith("hx-")}
        response = self.desk.ask(self.client, address, htmx)
        if response.streaming:
            return Answer(b"", status=NOTHING_MORE)
        return Answer(response.content, dict(response.headers), response.status_code)


@contextmanager
def browser() -> Iterator[Browser]:
    """The browser, in the thread that asks for it."""
    with sync_playwright() as playwright:
        program = playwright.chromium.launch(executable_path=chromium.program(), args=[*chromium.ARGUMENTS, ALONE])
        try:
            yield program
        finally:
            program.close()


@contextmanager
def open_screen(program: Browser, desk: Desk, client: Client) -> Iterator[Screen]:
    """A tab for one person."""
    tab = program.new_context(reduced_motion="reduce").new_page()
    screen = Screen(tab, desk, client)
    tab.on("console", lambda message: screen.complaints.extend(complaint(message)))
    tab.on("pageerror", lambda error: screen.complaints.append(str(error)))
    try:
        yield screen
    finally:
        tab.context.close()
        screen.server.close()
