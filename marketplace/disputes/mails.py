"""Mails about disputes: every message goes to the other sides, with a link to the thread."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from accounts.teams.models import Membership, Role, Team
from accounts.users.models import User
from common import mail
from marketplace.disputes.models import DisputeMessage, Side

_READERS = (Role.OWNER, Role.ADMIN, Role.BILLING)
#: Who moves money is who decides disputes.
_DECIDES = "disputes.change_dispute"


def about(message: DisputeMessage) -> int:
    """Send a message to the sides that did not write it. Returns to how many addresses."""
    dispute = message.dispute
    page = settings.SITE_URL + reverse("disputes:detail", args=[dispute.pk])
    admin_page = settings.SITE_URL + reverse("admin:disputes_dispute_change", args=[dispute.pk])
    sides = {
        Side.CUSTOMER: (_members(dispute.team), page),
        Side.SELLER: (_members(dispute.seller), page),
        Side.OPERATOR: (_operators(), admin_page),
    }
    return sum(
        mail.send("emails/disputes/message", to=people, message=message, dispute=dispute, address=address)
        for side, (people, address) in sides.items()
        if side != message.side
    )


def _members(team: Team) -> list[str]:
    people = Membership.objects.filter(team=team, role__in=_READERS, user__is_active=True)
    return list(people.order_by("user__email").values_list("user__email", flat=True))


def _operators() -> list[str]:
    people = User.objects.filter(is_staff=True, is_active=True).order_by("email")
    return [user.email for user in people if user.has_perm(_DECIDES)]
