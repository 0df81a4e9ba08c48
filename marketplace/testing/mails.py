"""Mails about tests, to the people of the seller who look after services."""

from __future__ import annotations

from django.urls import reverse

from accounts.teams import links
from accounts.teams.models import Membership, Role
from common import mail
from marketplace.testing import queries
from marketplace.testing.models import TestRun

_READERS = (Role.OWNER, Role.ADMIN, Role.DEVELOPER)


def about_rejection(run: TestRun) -> int:
    """Say which tests of a submitted service failed, and why. Returns to how many."""
    return _send("emails/testing/rejected", run)


def about_health(run: TestRun) -> int:
    """Say that a service on sale fails its tests, or that it passes them again. Returns to how many."""
    return _send("emails/testing/recovered" if run.has_passed else "emails/testing/failing", run)


def _send(name: str, run: TestRun) -> int:
    team = run.service.seller
    readers = Membership.objects.filter(team=team, role__in=_READERS, user__is_active=True)
    return mail.send(
        name,
        to=readers.order_by("user__email").values_list("user__email", flat=True),
        run=run,
        service=run.service,
        failures=[each for each in queries.results(run) if each.is_failure][:10],
        address=links.address(team, reverse("service_tests:run", args=[run.service_id, run.pk])),
        team=team,
    )
