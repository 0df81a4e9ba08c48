"""The terms and the privacy notice: versioned files of docs/legal. The first line below a title says its version."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.safestring import SafeString

from config.documentation import rendering

_VERSION = re.compile(r"^Version (?P<version>\d+), last changed (?P<day>\d{4}-\d{2}-\d{2})\.$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Text:
    """A text that people agree to. html: without its title, which the page prints."""

    title: str
    version: int
    changed_on: date
    html: SafeString

    @property
    def label(self) -> str:
        return f"Version {self.version}"


def text(name: str) -> Text:
    """Return docs/legal/<name>.md with the platform's own names in it."""
    file: Path = settings.BASE_DIR / "docs" / "legal" / f"{name}.md"
    return _read(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _read(file: Path, written_at: int) -> Text:
    written = file.read_text()
    said = _VERSION.search(written)
    assert said is not None, f"{file} does not say its version"
    names = {"SITE": settings.SITE_NAME, "OPERATOR": settings.PLATFORM_NAME, "ADDRESS": settings.PLATFORM_ADDRESS}
    content = _VERSION.sub("", written)
    for word, value in names.items():
        content = content.replace(f"[{word}]", value)
    title, html = rendering.printed(content)
    return Text(title, int(said["version"]), date.fromisoformat(said["day"]), html)
