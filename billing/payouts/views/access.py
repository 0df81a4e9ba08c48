"""Who these pages are for."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse

from accounts.teams.access import MemberRequest, member_required
from accounts.teams.permissions import Permission
from common.errors import NotFound

P = ParamSpec("P")


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
