"""Writes of aliases: create, update, switch, remove. Every change is known to the gateways within a second."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction

from accounts.teams.models import Team
from accounts.users.models import User
from common import ports
from common.errors import NotFound
from domain.routing.matching import canonical
from gateway_admin import named
from gateway_admin.aliases import queries
from gateway_admin.aliases.models import Alias, AliasSwitch
from gateway_admin.planning import queries as planning
from gateway_admin.planning.queries import Asked

#: Rows that a team may have, removed ones not counted.
MOST = 1000
_NAME_LENGTH = 100
#: Refusals of a call that no later change of a service mends.
_NO_WAY = frozenset({"routing_cycle", "routing_too_deep", "too_many_calls", "target_unreadable", "registration_inside"})


class Switched(NamedTuple):
    """alias: the row that was switched; demoted: the row that routed before, if another one did."""

    alias: Alias
    demoted: Alias | None


@transaction.atomic
def create(
    *,
    team: Team,
    name: str,
    target_path: str,
    by: User | None,
    now: datetime,
    description: str = "",
    request_routing_key: dict[str, Any] | None = None,
    routing_key_override: dict[str, Any] | None = None,
    is_routing: bool = True,
) -> Alias:
    """Add a target to a name. When another one routes already, the new one waits until it is switched to.

    Raises: NameInvalid, NameReserved, NameTaken (sellers), TargetInvalid, RoutingKeyInvalid, TooMany.
    """
    named.check_name(name, most=_NAME_LENGTH)
    request_key = named.check_key(request_routing_key, field="request_routing_key")
    queries.lock_names(team=team)
    _check_free(team, name)
    if queries.aliases(team=team).count() >= MOST:
        raise named.TooMany(most=MOST, what="aliases")
    alias = Alias(
        team=team,
        name=name,
        target_path=named.checked_path(target_path),
        description=description,
        request_routing_key=request_key,
        request_key=canonical(request_key),
        routing_key_override=named.check_key(routing_key_override, field="routing_key_override"),
        is_routing=is_routing,
        created_by=by,
    )
    alias.is_routing = is_routing and _routing(alias) is None
    alias.save(force_insert=True)
    if alias.is_routing:
        _note(alias, None, alias, by=by, now=now)
    _publish(alias)
    return alias


@transaction.atomic
def update(*, alias: Alias, changes: dict[str, Any], by: User | None, now: datetime) -> Alias:
    """Change target, description or keys of a row; only what is given. The name stays for ever.

    changes: any of target_path, description, request_routing_key, routing_key_override.
    Raises: TargetInvalid, RoutingKeyInvalid.
    """
    queries.lock_names(team=alias.team)
    alias = queries.alias(team=alias.team, alias_id=alias.pk)
    before = alias.target_path
    if "target_path" in changes:
        alias.target_path = named.checked_path(changes["target_path"] or "")
    if "description" in changes:
        alias.description = changes["description"] or ""
    if "routing_key_override" in changes:
        key = named.check_key(changes["routing_key_override"], field="routing_key_override")
        alias.routing_key_override = key
    if "request_routing_key" in changes:
        _move(alias, named.check_key(changes["request_routing_key"], field="request_routing_key"))
    alias.updated_at = now
    alias.save()
    if alias.is_routing and alias.target_path != before:
        _note(alias, alias, alias, by=by, now=now, from_target=before)
    _publish(alias)
    return alias


@transaction.atomic
def switch(
    *,
    team: Team,
    identifier: str,
    by: User | None,
    now: datetime,
    on: bool = True,
    target: str | None = None,
    routing_key: str | None = None,
) -> Switched:
    """Let a name lead to another of its rows; the row that routed before stops in the same instant.

    identifier: an id, the beginning of one, or a name. target and routing_key narrow a name down to rows whose target,
    or any value of whose routing key, contains them. Of several rows the one after the routing one is taken, in a
    circle. on=False: the routing one stops, and none takes its place. Raises: NotFound.
    """
    queries.lock_names(team=team)
    rows = [each for each in queries.called(team=team, identifier=identifier) if _fits(each, target, routing_key)]
    if not rows:
        raise NotFound(what="alias")
    return _turn_on(_next(rows), by=by, now=now) if on else _turn_off(rows, by=by, now=now)


@transaction.atomic
def remove(*, alias: Alias, by: User | None, now: datetime) -> Alias:
    """Take a row out of use. It stays readable. A second call changes nothing."""
    queries.lock_names(team=alias.team)
    alias = queries.alias(team=alias.team, alias_id=alias.pk)
    if alias.deactivated_at is not None:
        return alias
    if alias.is_routing:
        _note(alias, alias, None, by=by, now=now)
    alias.is_routing, alias.deactivated_at, alias.updated_at = False, now, now
    alias.save(update_fields=["is_routing", "deactivated_at", "updated_at"])
    _publish(alias, checked=False)
    return alias


def _turn_on(alias: Alias, *, by: User | None, now: datetime) -> Switched:
    demoted = _routing(alias)
    if demoted is not None and demoted.pk == alias.pk:
        return Switched(alias, None)
    if demoted is not None:
        demoted.is_routing, demoted.updated_at = False, now
        demoted.save(update_fields=["is_routing", "updated_at"])
    alias.is_routing, alias.updated_at = True, now
    alias.save(update_fields=["is_routing", "updated_at"])
    _note(alias, demoted, alias, by=by, now=now)
    _publish(alias)
    return Switched(alias, demoted)


def _turn_off(rows: list[Alias], *, by: User | None, now: datetime) -> Switched:
    alias = next((each for each in rows if each.is_routing), rows[0])
    if alias.is_routing:
        alias.is_routing, alias.updated_at = False, now
        alias.save(update_fields=["is_routing", "updated_at"])
        _note(alias, alias, None, by=by, now=now)
        _publish(alias, checked=False)
    return Switched(alias, None)


def _next(rows: list[Alias]) -> Alias:
    """Return the only row, or the one after the first that routes, or the first when none does."""
    routing = next((place for place, each in enumerate(rows) if each.is_routing), None)
    if len(rows) == 1 or routing is None:
        return rows[0]
    return rows[(routing + 1) % len(rows)]


def _fits(alias: Alias, target: str | None, routing_key: str | None) -> bool:
    values = [
        str(value) for key in (alias.request_routing_key, alias.routing_key_override) for value in (key or {}).values()
    ]
    by_target = target is None or target in alias.target_path
    return by_target and (routing_key is None or any(routing_key in value for value in values))


def _routing(alias: Alias) -> Alias | None:
    """Return the live row that routes for the same name and key."""
    same = queries.aliases(team=alias.team, name=alias.name).filter(request_key=alias.request_key, is_routing=True)
    return same.first()


def _move(alias: Alias, key: dict[str, Any] | None) -> None:
    """Give a row another request key. Where another row routes for it already, this one stops routing."""
    alias.request_routing_key, alias.request_key = key, canonical(key)
    other = _routing(alias)
    if other is not None and other.pk != alias.pk:
        alias.is_routing = False


def _check_free(team: Team, name: str) -> None:
    """A seller's alias is everybody's, so two sellers cannot have one of the same name."""
    if team.is_seller and queries.published_by_sellers(name).exclude(team=team).exists():
        raise named.NameTaken(what="published alias", name=name)


def _note(
    alias: Alias,
    before: Alias | None,
    after: Alias | None,
    *,
    by: User | None,
    now: datetime,
    from_target: str | None = None,
) -> None:
    """Write down where the name leads from now on. from_target: where it led, when the row itself has changed."""
    if from_target is None:
        from_target = before.target_path if before else ""
    AliasSwitch.objects.create(
        team=alias.team,
        name=alias.name,
        request_key=alias.request_key,
        from_alias=before,
        to_alias=after,
        from_target=from_target,
        to_target=after.target_path if after else "",
        by=by,
        at=now,
    )


def _check_way(alias: Alias) -> None:
    """Refuse a row that leads in a circle or through too many others; whether a service can be called, calls ask.

    A seller's aliases are followed with each customer's own names, so nothing can be said of them here.
    """
    if alias.team.is_seller or not alias.is_routing:
        return
    refusal = planning.plan(team=alias.team, asked=Asked(path=f"a/{alias.name}", routing_key=alias.request_routing_key))
    if refusal.refusal is not None and refusal.refusal.code in _NO_WAY:
        raise named.TargetInvalid(path=alias.target_path, reason=refusal.refusal.message)


def _publish(alias: Alias, *, checked: bool = True) -> None:
    """Let the gateways know. checked: refuse what no call could follow; taking a row out of use is never refused."""
    ports.publish("alias", alias.name if alias.team.is_seller else f"{alias.team_id}/{alias.name}")
    if not alias.team.is_seller:
        ports.publish("alias", f"{alias.team_id}/{alias.pk}")
    if checked:
        _check_way(alias)
