"""Mails about teams."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from accounts.teams.models import Invitation
from common import mail


def invite(invitation: Invitation, word: str) -> int:
    """Send the link to the address that was invited."""
    address = settings.SITE_URL + reverse("teams:invitation", args=[word])
    return mail.send("emails/teams/invitation", to=[invitation.email], invitation=invitation, address=address)
