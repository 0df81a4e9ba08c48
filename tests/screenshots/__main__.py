"""Build the marketplace, let its customer call for a while, and take the pictures."""

from __future__ import annotations

import sys
import tempfile
from itertools import groupby
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from config.embedded import cards, engines, for_tests
from tests.browser import chromium
from tests.journeys.marketplace import ROOT, Marketplace, build, remove
from tests.screenshots.pictures import keep
from tests.screenshots.shots import SHOTS, Shot
from tests.screenshots.traffic import call

IMAGES = ROOT / "docs" / "images"
_SIZE = {"width": 1280, "height": 800}
_ABOVE = 16


def main() -> None:
    """Take every picture in both themes."""
    program = chromium.program()
    if program is None:
        sys.exit(chromium.MISSING)
    for_tests.provide()
    folder, stripe_port = Path(tempfile.mkdtemp(prefix="screenshots-")), engines.free_port()
    built = build(folder, name="screenshots", **cards.pretended(stripe_port))
    try:
        built.start("upstream", "stripe", "web", "settle", "worker")
        request_id = call(built)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=chromium.ARGUMENTS)
            for theme in ("light", "dark"):
                _take_all(browser, built, theme, request_id)
            browser.close()
    finally:
        remove(built)


def _take_all(browser: Browser, built: Marketplace, theme: str, request_id: str) -> None:
    for who, shots in groupby(SHOTS, key=lambda shot: shot.who):
        context = browser.new_context(viewport=_SIZE, color_scheme=theme, reduced_motion="reduce", locale="en-GB")
        page = context.new_page()
        if who != "visitor":
            _log_in(page, built, who)
        for shot in shots:
            page.goto(built.url + shot.address.format(call=request_id), wait_until="networkidle")
            path = IMAGES / f"{shot.name}-{theme}.png"
            keep(_taken(page, shot), path)
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1000} kB", flush=True)
        context.close()


def _taken(page: Page, shot: Shot) -> bytes:
    if shot.before is not None:
        shot.before(page)
    if shot.begins_at is not None:
        page.locator(shot.begins_at).first.evaluate(
            "(element, above) => window.scrollTo(0, element.getBoundingClientRect().top + window.scrollY - above)",
            _ABOVE,
        )
    return page.screenshot()


def _log_in(page: Page, built: Marketplace, who: str) -> None:
    page.goto(f"{built.url}/accounts/login/")
    page.get_by_label("E-mail").fill(built.demo[f"{who.upper()}_EMAIL"])
    page.get_by_label("Password").fill(built.demo[f"{who.upper()}_PASSWORD"])
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{built.url}/")


if __name__ == "__main__":
    main()
