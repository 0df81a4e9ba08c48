"""What every template knows."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from common import navigation

THEMES = {"light", "dark"}


def site(request: HttpRequest) -> dict[str, object]:
    """Return the site's name, the visitor's theme (a cookie, so that the first paint is right) and the sidebar."""
    theme = request.COOKIES.get("theme", "")
    team = getattr(request, "team", None)
    is_seller = team is not None and team.is_seller
    return {
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "theme": theme if theme in THEMES else "",
        "team": team,
        "memberships": getattr(request, "memberships", []),
        "sections": navigation.sections(is_seller=is_seller) if team else (),
        "jumps": navigation.jumps(is_seller=is_seller) if team else navigation.PUBLIC_JUMPS,
        "messages_place": navigation.MESSAGES if team else None,
        "unread": getattr(getattr(request, "membership", None), "unread", 0),
        "place": navigation.current(request.path, is_seller=is_seller),
    }
