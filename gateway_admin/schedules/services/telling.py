"""Telling a team that a schedule fails, or has paused by itself: by mail, and where it prefers notices to be sent."""

from __future__ import annotations

import logging
import re
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts.teams import links
from accounts.teams.models import Membership, Role
from accounts.users.models import User
from common import mail
from common.errors import DomainError
from gateway_admin.preferences import queries as preferences
from gateway_admin.preferences.models import PreferenceName
from gateway_admin.schedules.models import Run, Schedule
from gateway_admin.schedules.services import keeping
from gateway_admin.schedules.services.keeping import Owner

log = logging.getLogger(__name__)

_MAILS = {"failing": "emails/schedules/failing", "paused": "emails/schedules/paused"}
_TITLES = {"failing": "“{}” fails", "paused": "“{}” has paused"}
_READERS = (Role.OWNER, Role.ADMIN, Role.DEVELOPER)
_SOON = timedelta(seconds=2)
_BRACES = re.compile(r"\{(?=\{)")


def untold() -> list[UUID]:
    """Return the schedules of which the team has not been told yet."""
    return list(Schedule.objects.exclude(notice="").order_by("pk").values_list("pk", flat=True)[:1000])


@transaction.atomic
def tell(*, schedule_id: UUID, now: datetime) -> bool:
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
    people, address = _readers(row), links.address(row.team, row.get_absolute_url())
    mail.send(_MAILS[what], to=[person.email for person in people], schedule=row, run=last, address=address)
    if people:
        _call(row, what, reason=row.pause_reason or (last.error if last else ""), by=people[0], now=now)
    return True


def _call(row: Schedule, what: str, *, reason: str, by: User, now: datetime) -> None:
    """Have a notice sent by a call of the team's own: made once, through the gateway, in its logs and on its bill."""
    target = preferences.preference(team=row.team, name=PreferenceName.NOTIFICATION).value
    if not target:
        return
    title = _TITLES[what].format(row)
    url = settings.SITE_URL + row.get_absolute_url()
    body = {"event": f"schedule.{what}", "title": title, "text": reason, "url": url, "schedule_id": str(row.pk)}
    letter, _, rest = target.partition("/")
    path = target if len(letter) == 1 and rest else f"p/{target}"
    content = {"path": path, "body_template": _literal(body), "is_notice": True, "expected_status": "2xx"}
    try:
        keeping.create_delayed(team=row.team, owner=Owner(by), content=content, at=now + _SOON, now=now)
    except DomainError as error:
        log.warning("schedules.notice_not_sent schedule=%s code=%s", row.pk, error.code)


def _literal(body: dict[str, str]) -> dict[str, str]:
    """Return a body in which nothing is filled in: what a customer has named may look like a placeholder."""
    return {name: _BRACES.sub(r"{ ", text) for name, text in body.items()}


def _readers(row: Schedule) -> list[User]:
    """Return who is told: whoever it runs for while they are in the team, else all who look after calls."""
    people = Membership.objects.filter(team=row.team, role__in=_READERS, user__is_active=True)
    owner = people.filter(user=row.created_by) if row.created_by is not None else people.none()
    chosen = (owner if owner.exists() else people).select_related("user").order_by("user__email")
    return [membership.user for membership in chosen]
