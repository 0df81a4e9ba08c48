"""Pages of secrets and variables. No page, error or log shows a secret's value."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.teams.access import MemberRequest, member_required
from accounts.teams.permissions import Permission, is_allowed
from common import htmx
from gateway_admin.secrets import queries, usage
from gateway_admin.secrets import services as secrets
from gateway_admin.secrets.forms import SECRET, VARIABLE, GrantForm, SecretForm, ValueForm
from gateway_admin.secrets.models import Secret

_REFUSED = (secrets.SecretNameInvalid, secrets.SecretNameReserved, secrets.SecretValueInvalid)


@require_safe
@member_required()
def secret_list(request: MemberRequest) -> HttpResponse:
    """The names of the team's secrets, and the names and values of its variables."""
    hosts: dict[str, list[str]] = {}
    for grant in queries.grants(team=request.team):
        hosts.setdefault(grant.name, []).append(grant.host)
    rows = [(secret, hosts.get(secret.name, [])) for secret in queries.secrets(team=request.team)]
    return htmx.render(request, "gateway_admin/secrets/secret_list.html", {"rows": rows, **_rights(request)})


@sensitive_post_parameters("value")
@require_http_methods(["GET", "POST"])
@member_required(Permission.MANAGE_SECRETS)
def secret_create(request: MemberRequest) -> HttpResponse:
    form = SecretForm(request.POST or None, initial={"name": request.GET.get("name", "")[:100]})
    if form.is_valid():
        name = form.cleaned_data["name"]
        if queries.secrets(team=request.team).filter(name=name).exists():
            form.add_error("name", f"There is already a {name}. Open it from the list to replace its value.")
        elif _put(request, form, name):
            messages.success(request, f"{name} is stored.")
            return htmx.redirect(request, "secrets:list", event="secret-stored")
    return htmx.render(request, "gateway_admin/secrets/secret_form.html", {"form": form}, partial="secret-form")


@sensitive_post_parameters("value")
@require_http_methods(["GET", "POST"])
@member_required()
def secret_detail(request: MemberRequest, name: str) -> HttpResponse:
    """One secret: its history in dates, where it may go, who uses it; and the form that replaces its value."""
    secret = queries.secret(team=request.team, name=name)
    if request.method == "POST":
        return _replace(request, secret)
    initial = {
        "kind": SECRET if secret.sensitive else VARIABLE,
        "value": secret.value,
        "description": secret.description,
    }
    return _detail(request, secret, ValueForm(initial=initial, is_readable=not secret.sensitive))


@member_required(Permission.MANAGE_SECRETS)
def _replace(request: MemberRequest, secret: Secret) -> HttpResponse:
    form = ValueForm(request.POST)
    if form.is_valid() and _put(request, form, secret.name):
        messages.success(request, f"{secret.name} has a new value. Calls that begin now use it.")
        return htmx.redirect(request, "secrets:detail", secret.name, event="secret-stored")
    return _detail(request, secret, form)


def _detail(request: MemberRequest, secret: Secret, form: ValueForm) -> HttpResponse:
    context = {
        "secret": secret,
        "form": form,
        "grant_form": GrantForm(),
        "grants": queries.grants(team=request.team).filter(name=secret.name).select_related("granted_by"),
        "enrollments": list(usage.enrollments_using(team=request.team, name=secret.name)),
        "services": list(usage.services_using(team=request.team, name=secret.name)),
        **_rights(request),
    }
    return htmx.render(request, "gateway_admin/secrets/secret_detail.html", context, partial="secret-form")


@require_POST
@member_required(Permission.MANAGE_SECRETS)
def secret_delete(request: MemberRequest, name: str) -> HttpResponse:
    secrets.delete(team=request.team, name=name)
    messages.success(request, f"{name} is deleted.")
    return htmx.redirect(request, "secrets:list", event="secret-deleted")


@require_POST
@member_required(Permission.MANAGE_SECRETS)
def grant_create(request: MemberRequest, name: str) -> HttpResponse:
    """Consent that the secret goes to a host."""
    secret = queries.secret(team=request.team, name=name)
    form = GrantForm(request.POST)
    if form.is_valid():
        try:
            grant = secrets.grant(team=request.team, name=secret.name, host=form.cleaned_data["host"], by=request.user)
        except secrets.HostInvalid as error:
            form.add_error("host", error.message)
        else:
            messages.success(request, f"{secret.name} may now be sent to {grant.host}.")
            return htmx.redirect(request, "secrets:detail", secret.name, event="secret-granted")
    context = {"secret": secret, "grant_form": form, "form": form}
    return htmx.render(request, "gateway_admin/secrets/grant_form.html", context, partial="grant-form")


@require_POST
@member_required(Permission.MANAGE_SECRETS)
def grant_delete(request: MemberRequest, name: str) -> HttpResponse:
    """Take a consent back."""
    secret = queries.secret(team=request.team, name=name)
    host = request.POST.get("host", "")
    secrets.withdraw_grant(team=request.team, name=secret.name, host=host)
    messages.success(request, f"{secret.name} is no longer sent to {host}.")
    return htmx.redirect(request, "secrets:detail", secret.name, event="secret-grant-withdrawn")


def _put(request: MemberRequest, form: ValueForm, name: str) -> bool:
    """Store what the form holds. A refusal becomes an error of its field."""
    try:
        secrets.put(team=request.team, name=name, by=request.user, now=timezone.now(), **form.arguments)
    except _REFUSED as error:
        is_about_value = isinstance(error, secrets.SecretValueInvalid) or "name" not in form.fields
        form.add_error("value" if is_about_value else "name", error.message)
        return False
    return True


def _rights(request: MemberRequest) -> dict[str, bool]:
    return {"may_manage": is_allowed(request.membership.role, Permission.MANAGE_SECRETS)}
