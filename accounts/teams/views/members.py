"""Who belongs to the team: roles, leaving, invitations."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.teams import links, mails, queries
from accounts.teams import services as teams
from accounts.teams.access import MemberRequest, member_required
from accounts.teams.forms import InvitationForm, PersonForm, RoleForm
from accounts.teams.middleware import SESSION_KEY
from accounts.teams.permissions import Permission
from accounts.users import services as users
from accounts.users import sessions
from accounts.users.models import User
from common import htmx
from common.errors import DomainError, Invalid


@require_POST
@member_required(Permission.MANAGE_MEMBERS)
def member_role(request: MemberRequest, member_id: int) -> HttpResponse:
    """Give a member another role."""
    form = RoleForm(request.POST)
    if not form.is_valid():
        raise Invalid(["Choose one of the roles in the list."])
    member = teams.change_role(
        team=request.team, member_id=member_id, role=form.cleaned_data["role"], by=request.membership
    )
    messages.success(request, f"{member.user.email} is {member.get_role_display()} now.")
    return redirect("teams:detail")


@require_POST
@member_required(Permission.MANAGE_MEMBERS)
def member_remove(request: MemberRequest, member_id: int) -> HttpResponse:
    """Let a member go."""
    member = teams.remove_member(team=request.team, member_id=member_id, by=request.membership)
    messages.success(request, f"{member.user.email} is no longer a member. API keys of the account go on working.")
    return redirect("teams:detail")


@require_http_methods(["GET", "POST"])
@member_required()
def person_edit(request: MemberRequest) -> HttpResponse:
    """Say by which name others see the visitor, and which messages to the team they are mailed."""
    now = {"full_name": request.user.full_name, "message_mails": request.membership.message_mails}
    form = PersonForm(request.POST or None, initial=now)
    if form.is_valid():
        with transaction.atomic():
            users.rename(user=request.user, full_name=form.cleaned_data["full_name"])
            teams.choose_mails(membership=request.membership, message_mails=form.cleaned_data["message_mails"])
        messages.success(request, "Saved.")
        return htmx.redirect(request, "teams:detail", event="person-described")
    return htmx.render(request, "accounts/teams/person_form.html", {"form": form}, partial="person-form")


@never_cache
@require_safe
@login_required
def link_open(request: HttpRequest, token: str) -> HttpResponse:
    """Open a page from a mail, for the team that it is about."""
    assert isinstance(request.user, User)
    link = links.read(token)
    membership = queries.membership(user=request.user, team_id=link.team_id)
    if request.session.get(SESSION_KEY) != str(membership.team_id):
        request.session[SESSION_KEY] = str(membership.team_id)
        sessions.renew(request)
    return redirect(link.path)


@require_POST
@member_required()
def leave(request: MemberRequest) -> HttpResponse:
    """Leave the team that the visitor acts for."""
    teams.leave(membership=request.membership)
    request.session.pop(SESSION_KEY, None)
    sessions.renew(request)
    messages.success(request, f"You have left {request.team}.")
    return redirect("home")


@require_http_methods(["GET", "POST"])
@member_required(Permission.MANAGE_MEMBERS)
def invitation_create(request: MemberRequest) -> HttpResponse:
    """Ask somebody to join."""
    form = InvitationForm(request.POST or None)
    if form.is_valid():
        try:
            with transaction.atomic():
                invitation, word = teams.invite(
                    team=request.team, by=request.membership, now=timezone.now(), **form.cleaned_data
                )
                transaction.on_commit(lambda: mails.invite(invitation, word))
        except DomainError as error:
            form.add_error("email", error.message)
        else:
            messages.success(request, f"We have sent an invitation to {invitation.email}. It is good for a week.")
            return htmx.redirect(request, "teams:detail", event="invited")
    return htmx.render(request, "accounts/teams/invitation_form.html", {"form": form}, partial="invitation-form")


@require_POST
@member_required(Permission.MANAGE_MEMBERS)
def invitation_revoke(request: MemberRequest, invitation_id: str) -> HttpResponse:
    """Withdraw an invitation."""
    invitation = teams.revoke(team=request.team, invitation_id=invitation_id)
    messages.success(request, f"The invitation to {invitation.email} is withdrawn.")
    return redirect("teams:detail")


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def invitation_accept(request: HttpRequest, word: str) -> HttpResponse:
    """Join the team that an invitation is of."""
    assert isinstance(request.user, User)
    if request.method == "POST":
        membership = teams.accept(word=word, user=request.user, now=timezone.now())
        request.session[SESSION_KEY] = str(membership.team_id)
        sessions.renew(request)
        messages.success(request, f"Welcome to {membership.team}. You now act for it.")
        return redirect("home")
    invitation = queries.invitation(word=word)
    if invitation is None or not invitation.is_open(timezone.now()):
        raise teams.InvitationGone
    return htmx.render(
        request, "accounts/teams/invitation_detail.html", {"invitation": invitation, "title": f"Join {invitation.team}"}
    )
