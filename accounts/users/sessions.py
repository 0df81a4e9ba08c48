"""Sessions of people, beyond what allauth does with them."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.http import HttpRequest


@transaction.atomic
def renew(request: HttpRequest) -> None:
    """Give the session a new key, as after a login, and keep what is known of it."""
    former = request.session.session_key
    request.session.cycle_key()
    UserSession.objects.filter(session_key=former).update(session_key=request.session.session_key)
