"""Mails about enrollments, to the people of the customer who look after money."""

from __future__ import annotations

from django.urls import reverse

from accounts.teams import links
from accounts.teams.models import Membership, Role
from common import mail
from domain import pricing
from marketplace.enrollments.models import PriceChange

_READERS = (Role.OWNER, Role.ADMIN, Role.BILLING)


def about_price_change(change: PriceChange) -> int:
    """Say what calls cost now, what they will cost, since when, and what can be done. Returns to how many."""
    if not change.is_open:
        return 0
    enrollment = change.enrollment
    readers = Membership.objects.filter(team=enrollment.team, role__in=_READERS, user__is_active=True)
    return mail.send(
        "emails/enrollments/price_change",
        to=readers.order_by("user__email").values_list("user__email", flat=True),
        change=change,
        enrollment=enrollment,
        old=pricing.explain(change.old_price.price, change.old_price.currency),
        new=pricing.explain(change.new_price.price, change.new_price.currency),
        address=links.address(enrollment.team, reverse("enrollments:detail", args=[enrollment.pk])),
        team=enrollment.team,
    )
