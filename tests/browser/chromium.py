"""Which browser the tests of pages and the screenshots use."""

from __future__ import annotations

import os
import shutil

MISSING = "Chromium is missing. Install it (apt-get install chromium), or name it in CHROMIUM."
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def program() -> str | None:
    """Return the browser that CHROMIUM names, else the system's, None when there is none."""
    return os.environ.get("CHROMIUM") or next((path for name in _NAMES if (path := shutil.which(name))), None)
