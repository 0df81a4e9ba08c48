"""Setting and clearing preferences."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.teams.models import Team
from accounts.users.models import User
from common.errors import Invalid
from gateway_admin.planning import queries as planning
from gateway_admin.preferences.models import Preference, PreferenceName
from gateway_admin.request_logs import services as request_logs
from gateway_admin.request_logs.models import Mode

_LONGEST = 500


@transaction.atomic
def put(*, team: Team, name: PreferenceName, value: str, by: User | None, now: datetime) -> None:
    """Set a preference, for every call and notice from now on. Raises: Invalid for a value that could not be used."""
    if name == PreferenceName.REQUEST_LOG:
        request_logs.set_mode(team=team, mode=_mode(value), by=by, now=now)
        return
    Preference.objects.update_or_create(
        team=team, name=name, defaults={"target": _target(team, name, value), "updated_at": now, "updated_by": by}
    )


@transaction.atomic
def clear(*, team: Team, name: PreferenceName, by: User | None, now: datetime) -> None:
    """Go back to what holds without a preference. A second call changes nothing."""
    if name == PreferenceName.REQUEST_LOG:
        request_logs.stop(team=team, by=by, now=now)
    else:
        Preference.objects.filter(team=team, name=name).delete()


def _mode(value: str) -> Mode:
    if value not in {Mode.TRUNCATED, Mode.COMPLETE}:
        raise Invalid([f"value: '{value[:50]}' is neither truncated nor complete. Clear it to keep nothing."])
    return Mode(value)


def _target(team: Team, name: PreferenceName, value: str) -> str:
    """Return a path that the team can call now, as it was written but for a slash before it."""
    target = value.strip().lstrip("/")
    if not 0 < len(target) <= _LONGEST:
        raise Invalid([f"value: 1 to {_LONGEST} characters, such as a service's name."])
    kinds = "a" if name == PreferenceName.AI else "b or e"
    letter, _, rest = target.partition("/")
    if len(letter) == 1 and rest and letter not in kinds.split(" or "):
        raise Invalid([f"value: name a service, or something below {kinds}/."])
    path = target if len(letter) == 1 and rest else f"p/{target}"
    planned = planning.plan(team=team, asked=planning.Asked(path=path))
    if planned.refusal is not None:
        raise Invalid([f"value: {planned.refusal.message}"])
    return target
