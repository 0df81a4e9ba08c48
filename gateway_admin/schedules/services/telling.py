"""Telling a team that a schedule fails, or has paused by itself: by mail, and by the way that it prefers."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts.teams.models import Membership, Role
from common import mail
from gateway_admin.schedules.models import Run, Schedule

_MAILS = {"failing": "emails/schedules/failing", "paused": "emails/schedules/paused"}
_READERS = (Role.OWNER, Role.ADMIN, Role.DEVELOPER)


def untold() -> list[UUID]:
    """Return the schedules of which the team has not been told yet."""
    return list(Schedule.objects.exclude(notice="").order_by("pk").values_list("pk", flat=True)[:1000])


@transaction.atomic
def tell(*, schedule_id: UUID) -> bool:
    """Tell the team what is to be told of a schedule, once. Returns whether there was something."""
    row = (
        Schedule.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("team", "created_by")
        .exclude(notice="")
        .filter(pk=schedule_id)
        .first()
    )
    if row is None:
        return False
    what, row.notice = row.notice, ""
    row.save(update_fields=["notice"])
    last = (
        Run.objects.filter(schedule=row, finished_at__isnull=False).defer("response_body").order_by("-due_at").first()
    )
    mail.send(
        _MAILS[what],
        to=_readers(row),
        schedule=row,
        run=last,
        address=settings.SITE_URL + row.get_absolute_url(),
    )
    return True


def _readers(row: Schedule) -> list[str]:
    """Return who is told: whoever it runs for while they are in the team, else all who look after calls."""
    people = Membership.objects.filter(team=row.team, role__in=_READERS, user__is_active=True)
    owner = people.filter(user=row.created_by) if row.created_by is not None else people.none()
    return list((owner if owner.exists() else people).order_by("user__email").values_list("user__email", flat=True))
