"""Mails about disputes: every message goes to the other sides, with a link to the thread."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.urls import reverse

from accounts.teams import links
from accounts.teams import queries as teams
from accounts.teams.models import Role, Team
from accounts.users.models import User
from common import mail
from marketplace.disputes import queries
from marketplace.disputes.models import DisputeMessage, Side

_READERS = (Role.OWNER, Role.ADMIN, Role.BILLING)
#: Who moves money is who decides disputes.
_DECIDES = "disputes.change_dispute"


def about(message: DisputeMessage) -> int:
    """Send a message to the sides that did not write it. Returns to how many addresses."""
    dispute = message.dispute
    page = reverse("disputes:detail", args=[dispute.pk])
    files = list(message.attachments.all())
    writers = queries.writers(dispute)
    admin_page = settings.SITE_URL + reverse("admin:disputes_dispute_change", args=[dispute.pk])
    sides = {
        Side.CUSTOMER: (_members(dispute.team, writers), links.address(dispute.team, page), dispute.team),
        Side.SELLER: (_members(dispute.seller, writers), links.address(dispute.seller, page), dispute.seller),
        Side.OPERATOR: (_operators(), admin_page, None),
    }
    return sum(
        mail.send(
            "emails/disputes/message",
            to=people,
            message=message,
            dispute=dispute,
            files=files,
            address=address,
            choices=links.address(team, reverse("teams:me")) if team else "",
        )
        for side, (people, address, team) in sides.items()
        if side != message.side
    )


def _members(team: Team, writers: set[UUID]) -> list[str]:
    return teams.message_readers(team=team, roles=_READERS, writers=writers)


def _operators() -> list[str]:
    people = User.objects.filter(is_staff=True, is_active=True).order_by("email")
    return [user.email for user in people if user.has_perm(_DECIDES)]
