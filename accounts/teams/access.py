"""How a page learns for which team its visitor acts."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse

from accounts.teams import permissions
from accounts.teams.models import Membership, Team
from accounts.teams.permissions import Permission
from accounts.users.models import User
from common.errors import NotFound

P = ParamSpec("P")


class MemberRequest(HttpRequest):
    """A request of somebody who is logged in and acts for a team."""

    user: User
    team: Team
    membership: Membership


def member_required(
    permission: Permission = Permission.VIEW,
) -> Callable[
    [Callable[Concatenate[MemberRequest, P], HttpResponse]], Callable[Concatenate[HttpRequest, P], HttpResponse]
]:
    """Let in members whose role includes `permission`; others log in, or learn what is missing (PermissionDenied)."""

    def decorate(
        view: Callable[Concatenate[MemberRequest, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            membership = getattr(request, "membership", None)
            if membership is None:
                return redirect_to_login(request.get_full_path())
            permissions.check(membership.role, permission)
            return view(request, *args, **kwargs)  # type: ignore[arg-type]

        return guarded

    return decorate


def seller_required(
    permission: Permission = Permission.VIEW,
) -> Callable[
    [Callable[Concatenate[MemberRequest, P], HttpResponse]], Callable[Concatenate[HttpRequest, P], HttpResponse]
]:
    """Let in members of a seller's team whose role includes `permission`; customers have no such pages."""

    def decorate(
        view: Callable[Concatenate[MemberRequest, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @member_required(permission)
        @wraps(view)
        def guarded(request: MemberRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.team.is_seller:
                raise NotFound(what="page")
            return view(request, *args, **kwargs)

        return guarded

    return decorate
