"""{{ session.user_agent|browser }}: Firefox on Linux."""

from __future__ import annotations

from django import template

from accounts.identities.browsers import described

register = template.Library()


@register.filter
def browser(user_agent: str) -> str:
    """Return what a browser calls itself, in words."""
    return described(user_agent)
