"""Which of our sessions belongs to which session at the provider, so that a logout there ends it here."""

from __future__ import annotations

import logging
from typing import Any

from allauth.usersessions.models import UserSession
from django.http import HttpRequest

log = logging.getLogger(__name__)

#: Where the session keeps the provider's token: it names the session there when we log out.
SESSION_KEY = "oidc"


def remember_login(request: HttpRequest, **_: Any) -> None:
    """Note in the session, and beside it, which identity it was opened with."""
    login: dict[str, Any] | None = getattr(request, "oidc_login", None)
    if login is None:
        return
    request.session[SESSION_KEY] = login
    place = {name: login[name] for name in ("iss", "sub", "sid") if login.get(name)}
    UserSession.objects.filter(session_key=request.session.session_key).update(data=place)


def end(*, issuer: str, subject: str | None, session_id: str | None) -> int:
    """End what was opened with one session, or else with one identity, of the provider; return how many."""
    found = UserSession.objects.filter(data__iss=issuer)
    found = found.filter(data__sid=session_id) if session_id else found.filter(data__sub=subject)
    sessions = list(found)
    for session in sessions:
        session.end()
    log.info("identities.logged_out sessions=%d", len(sessions))
    return len(sessions)
