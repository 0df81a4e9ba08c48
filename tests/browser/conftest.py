"""Headless Chromium for the tests of pages, and what every page is checked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.http import HttpRequest, HttpResponse
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.users.models import User
from tests.browser import axe, chromium, looks
from tests.browser.chromium import NARROW, WIDE, complaint

__all__ = ["NARROW", "WIDE"]

_serve = StaticFilesHandler.serve
_HOLD = """(rules) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(rules);
  document.adoptedStyleSheets = [sheet];
}"""


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The browser that CHROMIUM names, or the system's. It ends with this folder: its driver keeps an event loop."""
    program = chromium.program()
    if program is None:
        pytest.skip(chromium.MISSING)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Django would take the thread of that loop for asynchronous code
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        patch.setattr(StaticFilesHandler, "serve", _serve_to_be_kept)
        expect.set_options(timeout=20_000)
        browser = playwright.chromium.launch(executable_path=program, args=chromium.ARGUMENTS)
        yield browser
        browser.close()


def _serve_to_be_kept(handler: StaticFilesHandler, request: HttpRequest) -> HttpResponse:
    """Return a static file that the browser need not ask for again on the next page."""
    response = _serve(handler, request)
    response["Cache-Control"] = "max-age=3600"
    return response


@dataclass
class Visitor:
    """A person at a browser.

    complaints: what the console says that it should not, e.g. refused inline styles.
    around: what stands around the content of the pages whose faults were asked for.
    """

    context: BrowserContext
    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)
    around: list[int] = field(default_factory=list)

    def go(self, path: str) -> Page:
        """Open a page; its scripts have run."""
        self.page.goto(self.address + path)
        return self.page

    def barriers(self) -> list[str]:
        """Return what axe-core finds wrong with the page, a line for each rule and element."""
        return axe.barriers(self.page)

    def faults(self, path: str) -> list[str]:
        """Return what is wrong with a page in both themes, wide and narrow, and what the console says of it."""
        axe.turn(self.page, "light", WIDE)
        self.go(path)
        self.page.evaluate(_HOLD, axe.STILL)
        found = looks.faults_in_light(self.page, self.around) + looks.faults_in_dark(self.page, "main")
        complaints, self.complaints[:] = list(self.complaints), []
        return found + complaints


@pytest.fixture
def visit(browser: Browser, live_server: LiveServer) -> Iterator[Callable[..., Visitor]]:
    """Open a browser: visit(user=..., theme="dark", size=NARROW, scripts=False)."""
    contexts: list[BrowserContext] = []

    def open_browser(
        user: User | None = None,
        theme: str = "light",
        size: tuple[int, int] = WIDE,
        scripts: bool = True,
    ) -> Visitor:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=theme,
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.set_default_timeout(30_000)
        if user is not None:
            context.add_cookies([_session(user, live_server.url)])
        page = context.new_page()
        visitor = Visitor(context, page, live_server.url)
        page.on("console", lambda message: visitor.complaints.extend(complaint(message)))
        page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        return visitor

    yield open_browser
    for context in contexts:
        context.close()


def _session(user: User, address: str) -> dict[str, str]:
    client = Client()
    client.force_login(user)
    return {"name": settings.SESSION_COOKIE_NAME, "value": client.session.session_key, "url": address}
