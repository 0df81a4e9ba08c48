"""Reads of preferences."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.teams.models import Team
from common.errors import NotFound
from gateway_admin.preferences.models import Preference, PreferenceName
from gateway_admin.request_logs import queries as request_logs
from gateway_admin.request_logs.models import Mode


@dataclass(frozen=True, slots=True)
class Preferred:
    """A preference as an account sees it. value: what the account has set, None when nothing."""

    name: str
    value: str | None


def name(written: str) -> PreferenceName:
    """Return a name that there is. Raises: NotFound."""
    if written not in PreferenceName.values:
        raise NotFound(what="preference")
    return PreferenceName(written)


def preferences(*, team: Team) -> list[Preferred]:
    """Return every preference, set or not."""
    stored = dict(Preference.objects.filter(team=team).values_list("name", "target"))
    mode = request_logs.mode(team=team)
    values = {**stored, PreferenceName.REQUEST_LOG.value: None if mode == Mode.NONE else mode.value}
    return [Preferred(each, values.get(each)) for each in PreferenceName.values]


def preference(*, team: Team, name: PreferenceName) -> Preferred:
    """Return one of them."""
    return next(each for each in preferences(team=team) if each.name == name)
