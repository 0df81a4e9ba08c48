"""Preferences over JSON."""

from __future__ import annotations

from django.utils import timezone
from ninja import Router, Schema

from accounts.teams import callers, permissions
from accounts.teams.callers import KeyRequest
from accounts.teams.permissions import Permission
from common.ninja import Endpoints
from gateway_admin.preferences import queries, services
from gateway_admin.preferences.models import PreferenceName
from gateway_admin.preferences.queries import Preferred

router = Router(tags=["preferences"])
endpoint = Endpoints(router)


class PreferenceValue(Schema):
    """A service. gateway: the kind of gateway that reaches it."""

    service: str
    gateway: str | None = None


class PreferenceIn(Schema):
    """value: a word, or a service; "x" means {"service": "x"}."""

    value: str | PreferenceValue


class PreferenceAccount(Schema):
    type: str
    id: str
    name: str


class PreferenceOut(Schema):
    """value: what the account has set. effective: what holds. source: where that comes from, account or default."""

    name: str
    account: PreferenceAccount
    can_edit: bool
    value: str | PreferenceValue | None
    effective: str | PreferenceValue | None
    source: str | None


class PreferenceList(Schema):
    data: list[PreferenceOut]


@endpoint("GET", "/preferences/", {200: PreferenceList})
def preference_list(request: KeyRequest) -> PreferenceList:
    """Return every preference, as the key's account sees it."""
    return PreferenceList(data=[_shown(request, each) for each in queries.preferences(team=request.team)])


@endpoint("GET", "/preferences/{name}", {200: PreferenceOut})
def preference_detail(request: KeyRequest, name: str) -> PreferenceOut:
    """Return one preference."""
    return _shown(request, queries.preference(team=request.team, name=queries.name(name)))


@endpoint("PUT", "/preferences/{name}", {200: PreferenceOut})
def preference_put(request: KeyRequest, name: str, body: PreferenceIn) -> PreferenceOut:
    """Set a preference of the account."""
    callers.check(request, Permission.MANAGE_ROUTING)
    value = body.value if isinstance(body.value, str) else body.value.service
    known = queries.name(name)
    services.put(team=request.team, name=known, value=value, by=request.api_key.created_by, now=timezone.now())
    return _shown(request, queries.preference(team=request.team, name=known))


@endpoint("DELETE", "/preferences/{name}", {200: PreferenceOut})
def preference_clear(request: KeyRequest, name: str) -> PreferenceOut:
    """Take a preference back. A second call changes nothing."""
    callers.check(request, Permission.MANAGE_ROUTING)
    known = queries.name(name)
    services.clear(team=request.team, name=known, by=request.api_key.created_by, now=timezone.now())
    return _shown(request, queries.preference(team=request.team, name=known))


def _shown(request: KeyRequest, preferred: Preferred) -> PreferenceOut:
    is_service = preferred.name != PreferenceName.REQUEST_LOG and preferred.value is not None
    value = PreferenceValue(service=preferred.value or "") if is_service else preferred.value
    return PreferenceOut(
        name=preferred.name,
        account=PreferenceAccount(type=request.team.kind, id=str(request.team.pk), name=str(request.team)),
        can_edit=permissions.is_allowed(request.api_key.role, Permission.MANAGE_ROUTING),
        value=value,
        effective=value,
        source="default" if preferred.value is None else "account",
    )
