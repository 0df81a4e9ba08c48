"""Words about older names and shapes, and the fact that there were any."""

from __future__ import annotations

from marketplace.catalog.files.problems import Findings


class Notes:
    """Findings, and whether one of them marks the files as older ones."""

    def __init__(self, found: Findings) -> None:
        self.found = found
        self.is_legacy = False

    def deprecated(self, found: Findings, message: str, fix: str = "") -> None:
        """Note an older name or shape."""
        self.is_legacy = True
        found.warning(message, fix, type="deprecated")
