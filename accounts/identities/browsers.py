"""What a browser calls itself, in words."""

from __future__ import annotations

from functools import lru_cache

from ua_parser import parse

UNKNOWN = "Unknown browser"
#: A browser says what it likes, of any length; the names stand in front.
_READ_LENGTH = 500


@lru_cache(maxsize=1000)
def described(user_agent: str) -> str:
    """Return "Firefox on Linux" for the header that a browser sent."""
    found = parse(user_agent[:_READ_LENGTH])
    browser = found.user_agent.family if found.user_agent else UNKNOWN
    return f"{browser} on {found.os.family}" if found.os else browser
