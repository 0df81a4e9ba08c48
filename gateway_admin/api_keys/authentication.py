"""How the JSON APIs learn who calls: the same headers that the gateway takes."""

from __future__ import annotations

from typing import ClassVar

from django.http import HttpRequest
from django.utils import timezone

from accounts.teams.models import TeamKind
from accounts.teams.permissions import PermissionDenied
from common.http import presented_key
from gateway_admin.api_keys import queries
from gateway_admin.api_keys.models import ApiKey


class KeyAuthentication:
    """A callable for django-ninja: sets `request.team`, `request.user` and `request.api_key`.

    A live key of the other kind of team is refused with 403: it is known, and may do nothing here.
    """

    #: django-ninja names whoever has this in its document; common.apis.documents says there what it means.
    openapi_security_schema: ClassVar[dict[str, str]] = {"type": "http", "scheme": "bearer"}

    def __init__(self, kind: TeamKind) -> None:
        self.kind = kind

    def __call__(self, request: HttpRequest) -> ApiKey | None:
        key = queries.authenticate(presented_key(request), timezone.now())
        if key is None:
            return None
        if key.team.kind != self.kind:
            raise PermissionDenied(role=key.team.get_kind_display().lower(), permission=f"use the {self.kind} API")
        request.team, request.api_key = key.team, key  # type: ignore[attr-defined]
        if key.created_by is not None:
            request.user = key.created_by
        return key


class Anybody:
    """What authenticates a request that came without a key, where none is needed."""


class OptionalKey(KeyAuthentication):
    """For what anybody may read. A key that comes with the request must be good all the same."""

    def __call__(self, request: HttpRequest) -> ApiKey | Anybody | None:  # type: ignore[override]
        if not presented_key(request) and "Authorization" not in request.headers:
            return Anybody()
        return super().__call__(request)
