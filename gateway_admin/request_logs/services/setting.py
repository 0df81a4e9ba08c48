"""What a team wants kept of its calls."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.teams.models import Team
from accounts.users.models import User
from common import ports
from gateway_admin.request_logs import queries
from gateway_admin.request_logs.models import LogSetting, Mode


@transaction.atomic
def set_mode(*, team: Team, mode: Mode, by: User | None, now: datetime) -> LogSetting:
    """Keep so much of the bodies of a team's calls from now on. Gateways follow within a second."""
    setting, _ = LogSetting.objects.select_for_update(of=("self",)).get_or_create(
        team=team, defaults={"updated_at": now}
    )
    setting.mode, setting.updated_at, setting.updated_by = mode, now, by
    setting.save()
    ports.publish("customer", str(team.pk))
    return setting


def start(*, team: Team, truncated: bool | None, by: User | None, now: datetime) -> LogSetting:
    """Keep bodies. truncated: None keeps what the team has chosen before, else their beginnings."""
    if truncated is None:
        chosen = queries.mode(team=team)
        mode = Mode.TRUNCATED if chosen == Mode.NONE else chosen
    else:
        mode = Mode.TRUNCATED if truncated else Mode.COMPLETE
    return set_mode(team=team, mode=mode, by=by, now=now)


def stop(*, team: Team, by: User | None, now: datetime) -> LogSetting:
    """Keep no bodies but of calls that ask for it. What is kept stays until its time is over."""
    return set_mode(team=team, mode=Mode.NONE, by=by, now=now)


@transaction.atomic
def choose(
    *, team: Team, mode: Mode, keep_days: int | None, keep_bodies_days: int | None, by: User | None, now: datetime
) -> LogSetting:
    """Keep so much, and for so many days as far as the plan gives them; None for as long as it does."""
    setting = set_mode(team=team, mode=mode, by=by, now=now)
    setting.keep_days, setting.keep_bodies_days = keep_days, keep_bodies_days
    setting.save(update_fields=["keep_days", "keep_bodies_days"])
    return setting


def _locked(team: Team, now: datetime) -> LogSetting:
    rows = LogSetting.objects.select_for_update(of=("self",))
    return rows.get_or_create(team=team, defaults={"updated_at": now})[0]
