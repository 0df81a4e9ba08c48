"""Reads mails as people do who follow their links."""

from __future__ import annotations

import re

from accounts.teams import links
from accounts.teams.links import Link


def opened(body: str) -> list[Link]:
    """Return where the links of a mail lead, and for which team."""
    return [links.read(token) for token in re.findall(r"/teams/open/([^\s\"<]+)", body)]
