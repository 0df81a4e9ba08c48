"""Mails about subscriptions, to the people of the customer who look after money."""

from __future__ import annotations

from django.urls import reverse

from accounts.teams import links
from accounts.teams.models import Membership, Role
from billing.subscriptions.models import Subscription
from common import mail, ports

_READERS = (Role.OWNER, Role.ADMIN, Role.BILLING)
#: What a mail is about -> its templates.
_MAILS = {
    "unpaid": "emails/subscriptions/unpaid",
    "suspended": "emails/subscriptions/suspended",
    "paid": "emails/subscriptions/paid",
    "ended": "emails/subscriptions/ended",
    "terms": "emails/subscriptions/terms",
}


def write(*, subscription: Subscription, what: str) -> int:
    """Send the mail `what`: unpaid, suspended, paid, ended or terms. Returns to how many addresses."""
    team = subscription.team
    names = ports.service_names([subscription.service_id])
    readers = Membership.objects.filter(team=team, role__in=_READERS, user__is_active=True)
    return mail.send(
        _MAILS[what],
        to=readers.order_by("user__email").values_list("user__email", flat=True),
        subscription=subscription,
        plan=subscription.plan,
        currency=subscription.wallet.currency,
        service=names.get(subscription.service_id, "A service"),
        team=team,
        address=links.address(team, reverse("enrollments:detail", args=[subscription.enrollment_id])),
        wallet_address=links.address(team, reverse("wallet")),
    )
