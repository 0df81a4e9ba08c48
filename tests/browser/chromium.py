"""Which browser the tests of pages and the screenshots use, and how wide its windows are."""

from __future__ import annotations

import os
import shutil

from playwright.sync_api import ConsoleMessage

MISSING = "Chromium is missing. Install it (apt-get install chromium), or name it in CHROMIUM."
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    # a page lives for a second: to optimise its scripts does not pay
    "--js-flags=--no-maglev --no-turbofan",
]
WIDE, NARROW = (1280, 800), (360, 740)
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def program() -> str | None:
    """Return the browser that CHROMIUM names, else the system's, None when there is none."""
    return os.environ.get("CHROMIUM") or next((path for name in _NAMES if (path := shutil.which(name))), None)


def complaint(message: ConsoleMessage) -> list[str]:
    """Return errors and warnings, but not the browser's own note that something has the status it was asked for."""
    is_status = "Failed to load resource" in message.text
    return [message.text] if message.type in {"error", "warning"} and not is_status else []
