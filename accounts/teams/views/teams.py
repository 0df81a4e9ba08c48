"""Pages of the account: whom the visitor acts for, and who else does."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.teams import permissions, queries
from accounts.teams import services as teams
from accounts.teams.access import MemberRequest, member_required
from accounts.teams.forms import DescriptionForm, SwitchForm, TeamForm
from accounts.teams.middleware import SESSION_KEY
from accounts.teams.models import Role
from accounts.teams.permissions import Permission
from accounts.users import sessions
from accounts.users.models import User
from common import htmx
from common.errors import NotFound


@require_safe
@member_required()
def team_detail(request: MemberRequest) -> HttpResponse:
    """The current team: its members, and the other teams of the visitor."""
    may_manage = permissions.is_allowed(request.membership.role, Permission.MANAGE_MEMBERS)
    context = {
        "members": queries.members(team=request.team),
        "team_name": str(request.team),
        "may_manage": may_manage,
        "invitations": queries.invitations(team=request.team) if may_manage else [],
        "roles": Role.choices,
        "now": timezone.now(),
    }
    return htmx.render(request, "accounts/teams/team_detail.html", context)


@require_http_methods(["GET", "POST"])
@member_required(Permission.MANAGE_MEMBERS)
def team_edit(request: MemberRequest) -> HttpResponse:
    """Say how people see the team, and in which time zone its months are."""
    form = DescriptionForm.of(request.team, request.POST or None)
    if form.is_valid():
        teams.describe(team=request.team, **form.cleaned_data)
        messages.success(request, "Saved.")
        return htmx.redirect(request, "teams:detail", event="team-described")
    return htmx.render(request, "accounts/teams/team_edit.html", {"form": form}, partial="description-form")


@require_POST
@login_required
def team_switch(request: HttpRequest) -> HttpResponse:
    """Act for another team from now on. The session gets a new key, as after a login."""
    assert isinstance(request.user, User)
    form = SwitchForm(request.POST)
    if not form.is_valid():
        raise NotFound(what="team")
    membership = queries.membership(user=request.user, team_id=form.cleaned_data["team"])
    request.session[SESSION_KEY] = str(membership.team_id)
    sessions.renew(request)
    messages.success(request, f"You now act for {membership.team}.")
    return redirect("home")


@require_http_methods(["GET", "POST"])
@login_required
def team_create(request: HttpRequest) -> HttpResponse:
    """Found a team of one's own, and switch to it."""
    assert isinstance(request.user, User)
    form = TeamForm(request.POST or None)
    if form.is_valid():
        try:
            team = teams.create(owner=request.user, contact_email=request.user.email, **form.cleaned_data)
        except (teams.TeamNameTaken, teams.TeamNameInvalid) as error:
            form.add_error("name", error.message)
        else:
            request.session[SESSION_KEY] = str(team.pk)
            sessions.renew(request)
            messages.success(request, f"{team} is ready, and you now act for it.")
            return htmx.redirect(request, "teams:detail", event="team-created")
    return htmx.render(request, "accounts/teams/team_form.html", {"form": form}, partial="team-form")
