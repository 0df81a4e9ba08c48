"""Pages of API keys."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.teams.access import MemberRequest, member_required
from accounts.teams.permissions import Permission, is_allowed
from common import htmx
from gateway_admin.api_keys import queries
from gateway_admin.api_keys import services as api_keys
from gateway_admin.api_keys.forms import KeyForm


@require_safe
@member_required()
def key_list(request: MemberRequest) -> HttpResponse:
    """The keys of the team: those that work, and behind a disclosure those that no longer do."""
    now = timezone.now()
    keys = list(queries.keys(team=request.team))
    context = {
        "live": [key for key in keys if key.is_live(now)],
        "ended": [key for key in keys if not key.is_live(now)],
        "may_manage": is_allowed(request.membership.role, Permission.MANAGE_API_KEYS),
    }
    return htmx.render(request, "gateway_admin/api_keys/key_list.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@member_required(Permission.MANAGE_API_KEYS)
def key_create(request: MemberRequest) -> HttpResponse:
    """Issue a key. Its text is shown in the answer itself: a redirect would have to store it somewhere first."""
    form = KeyForm(request.POST or None, membership=request.membership)
    if form.is_valid():
        now = timezone.now()
        key, raw = api_keys.issue(
            team=request.team,
            role=form.cleaned_data["role"],
            name=form.cleaned_data["name"],
            by=request.user,
            now=now,
            expires_at=form.expires_at(now),
        )
        context = {"key": key, "raw": raw}
        return htmx.render(request, "gateway_admin/api_keys/key_created.html", context, partial="key-created")
    return htmx.render(request, "gateway_admin/api_keys/key_form.html", {"form": form}, partial="key-form")


@require_POST
@member_required(Permission.MANAGE_API_KEYS)
def key_revoke(request: MemberRequest, key_id: UUID) -> HttpResponse:
    key = api_keys.revoke(key=queries.key(team=request.team, key_id=key_id), now=timezone.now())
    messages.success(request, f"The key “{key.name}” is revoked. Calls with it are refused from now on.")
    return htmx.redirect(request, "api_keys:list", event="api-key-revoked")
