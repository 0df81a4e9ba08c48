"""Pages of aliases: names by which calls find their way, and the switch from one target to another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.teams.access import MemberRequest, member_required
from accounts.teams.permissions import Permission
from common import htmx
from common.errors import NotFound
from common.pagination import Page, page_number
from gateway_admin.aliases import queries
from gateway_admin.aliases import services as aliases
from gateway_admin.aliases.forms import AliasForm, TargetForm
from gateway_admin.aliases.models import Alias, AliasSwitch
from gateway_admin.named_pages import REFUSALS, address, calling, refuse, rights

_NAMES_A_PAGE, _SWITCHES_SHOWN = 20, 100


@dataclass(frozen=True, slots=True)
class Named:
    """A name with its targets. shadowed: the seller who publishes the same name, or ""."""

    name: str
    address: str
    targets: list[Alias] = field(default_factory=list)
    shadowed: str = ""

    @property
    def is_routing(self) -> bool:
        return any(each.is_routing for each in self.targets)


@require_safe
@member_required()
def alias_list(request: MemberRequest) -> HttpResponse:
    """The team's names, each with its targets; the one that routes comes first."""
    search = request.GET.get("q", "").strip()[:100]
    names = list(queries.names(team=request.team, containing=search))
    number = min(page_number(request.GET.get("page")), max(1, -(-len(names) // _NAMES_A_PAGE)))
    shown = names[(number - 1) * _NAMES_A_PAGE : number * _NAMES_A_PAGE]
    page = Page(_named(request, shown), number, _NAMES_A_PAGE, len(names))
    context = {"page": page, "q": search, **_common(request)}
    return htmx.render(request, "gateway_admin/aliases/alias_list.html", context, partial="aliases")


@require_safe
@member_required()
def alias_detail(request: MemberRequest, name: str) -> HttpResponse:
    """One name: its targets, how it is called, where it has led and who said so."""
    switches = list(queries.switches(team=request.team, name=name)[:_SWITCHES_SHOWN])
    named = next(iter(_named(request, [name])), None)
    if named is None and not switches:
        raise NotFound(what="alias")
    context = {
        "name": name,
        "named": named or Named(name, address("a", name)),
        "switches": switches,
        "calling": calling("a", name),
        **_common(request),
    }
    return htmx.render(request, "gateway_admin/aliases/alias_detail.html", context)


@require_http_methods(["GET", "POST"])
@member_required(Permission.MANAGE_ROUTING)
def alias_create(request: MemberRequest) -> HttpResponse:
    """A target for a new name, or one more for a name that is there."""
    form = AliasForm(request.POST or None, initial={"name": request.GET.get("name", "")[:100]})
    if form.is_valid():
        try:
            made = aliases.create(
                team=request.team,
                name=form.cleaned_data["name"],
                by=request.user,
                now=timezone.now(),
                **form.arguments,
            )
        except REFUSALS as error:
            refuse(form, error)
        else:
            messages.success(request, _created(made))
            return htmx.redirect(request, "aliases:detail", made.name, event="alias-changed")
    context = {"form": form, "is_seller": request.team.is_seller}
    return htmx.render(request, "gateway_admin/aliases/alias_form.html", context, partial="alias-form")


@require_http_methods(["GET", "POST"])
@member_required(Permission.MANAGE_ROUTING)
def alias_edit(request: MemberRequest, alias_id: UUID) -> HttpResponse:
    """Change a target of a name. The name stays."""
    alias = _live(request, alias_id)
    initial = {each: getattr(alias, each) for each in TargetForm.base_fields}
    form = TargetForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            aliases.update(alias=alias, changes=form.arguments, by=request.user, now=timezone.now())
        except REFUSALS as error:
            refuse(form, error)
        else:
            messages.success(request, f"{alias.name} is saved. Calls that begin now follow it.")
            return htmx.redirect(request, "aliases:detail", alias.name, event="alias-changed")
    context = {"form": form, "alias": alias}
    return htmx.render(request, "gateway_admin/aliases/alias_form.html", context, partial="alias-form")


@require_POST
@member_required(Permission.MANAGE_ROUTING)
def alias_switch(request: MemberRequest, alias_id: UUID) -> HttpResponse:
    """Let a name lead to this target, or with on=0 nowhere. The page that follows offers to undo it."""
    alias = _live(request, alias_id)
    aliases.switch(
        team=request.team,
        identifier=str(alias.pk),
        by=request.user,
        now=timezone.now(),
        on=request.POST.get("on", "1") != "0",
    )
    made = queries.switches(team=request.team, name=alias.name).filter(request_key=alias.request_key).first()
    back = reverse("aliases:detail", args=[alias.name])
    if request.POST.get("from") == "list":
        back = reverse("aliases:list")
    told = f"?{urlencode({'switched': made.pk})}" if made else ""
    return htmx.redirect(request, back + told, event="alias-changed")


@require_POST
@member_required(Permission.MANAGE_ROUTING)
def alias_remove(request: MemberRequest, alias_id: UUID) -> HttpResponse:
    alias = _live(request, alias_id)
    aliases.remove(alias=alias, by=request.user, now=timezone.now())
    messages.success(request, f"{alias.name} no longer leads to {alias.target_path}.")
    return htmx.redirect(request, "aliases:list", event="alias-changed")


def _live(request: MemberRequest, alias_id: UUID) -> Alias:
    """Raises: NotFound, also for a row that was removed."""
    alias = queries.alias(team=request.team, alias_id=alias_id)
    if alias.deactivated_at is not None:
        raise NotFound(what="alias")
    return alias


def _named(request: MemberRequest, names: Iterable[str]) -> list[Named]:
    """Return the names with their live targets; a name without any is left out."""
    wanted = list(names)
    if not wanted:
        return []
    rows = queries.aliases(team=request.team).filter(name__in=wanted)
    shadowed = queries.shadowed(team=request.team, names=wanted)
    return [
        Named(name, address("a", name), list(targets), shadowed.get(name, ""))
        for name, targets in groupby(rows, key=attrgetter("name"))
    ]


def _common(request: MemberRequest) -> dict[str, Any]:
    return {"switch": _switched(request), "is_seller": request.team.is_seller, **rights(request)}


def _switched(request: MemberRequest) -> AliasSwitch | None:
    """Return the switch that the page comes from, unless the name has been switched again since."""
    try:
        switch_id = UUID(request.GET.get("switched", ""))
    except ValueError:
        return None
    return queries.switch_made(team=request.team, switch_id=switch_id)


def _created(made: Alias) -> str:
    if made.is_routing:
        return f"{made.name} leads to {made.target_path}."
    return f"{made.target_path} stands by for {made.name}. Switch to it whenever you like."
