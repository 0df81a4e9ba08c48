"""Sets `request.team`, `request.membership` and `request.memberships` for people who are logged in."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from accounts.teams import queries
from accounts.teams.models import Membership

SESSION_KEY = "team_id"


class CurrentTeam:
    """The team chosen in the session while the membership lasts, else the first one (the personal team)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        memberships = list(queries.memberships_with_unread(user=request.user)) if request.user.is_authenticated else []
        membership = self._chosen(request, memberships)
        request.memberships = memberships  # type: ignore[attr-defined]
        request.membership = membership  # type: ignore[attr-defined]
        request.team = membership.team if membership else None  # type: ignore[attr-defined]
        return self.get_response(request)

    def _chosen(self, request: HttpRequest, memberships: list[Membership]) -> Membership | None:
        chosen = request.session.get(SESSION_KEY) if memberships else None
        for membership in memberships:
            if str(membership.team_id) == chosen:
                return membership
        return memberships[0] if memberships else None
