"""The playground: of one service, as a tab of its page, and of any path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.teams.access import MemberRequest, member_required
from accounts.teams.models import Team
from accounts.teams.permissions import Permission, is_allowed
from common import streaming
from domain.routing.grammar import WRAPPERS
from gateway_admin.playground import drafts, estimates, history, making, targets, wire
from gateway_admin.playground.drafts import Draft
from gateway_admin.playground.estimates import Estimate
from gateway_admin.playground.forms import CallForm
from marketplace.catalog import queries as catalog
from marketplace.catalog.heading import heading
from marketplace.catalog.queries import ServicePage

#: Where a session remembers the teams for which a person has agreed that calls are charged.
_AGREED = "playground_agreed"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the form stands: on the page of a service, or on its own. may_call: whether this person may make calls."""

    page: ServicePage | None
    team: Team | None
    may_call: bool

    @property
    def service_id(self) -> UUID | None:
        return self.page.service.pk if self.page else None

    def address(self, name: str) -> str:
        """Return one of the addresses of the place: "page", "run", "estimate"."""
        return reverse(f"playground:{name}", args=[self.service_id] if self.page else [])


@require_safe
def playground(request: HttpRequest, service_id: UUID | None = None) -> HttpResponse:
    """A call to write and make. Everybody may look at that of a service."""
    place = _place(request, service_id)
    if place.page is None and place.team is None:
        return member_required()(playground)(request)
    draft, choices = _draft(request, place)
    form = CallForm({**draft.initial, "keep": "on"}) if draft.path else CallForm(initial={"keep": True})
    estimate = _estimate(place, form) if place.may_call and draft.path and form.is_valid() else None
    shown = CallForm(initial={**draft.initial, "keep": True})
    return _render(request, place, shown, estimate=estimate, note=draft.note, **choices)


@require_POST
@member_required(Permission.CALL)
def playground_run(request: MemberRequest, service_id: UUID | None = None) -> HttpResponse:
    """Make the call. Its answer comes as events to those who ask for them, else as a page when it is whole."""
    place, form = _place(request, service_id), CallForm(request.POST)
    _check_may_call(place)
    estimate = _estimate(place, form) if form.is_valid() else None
    _check(request, place, form, estimate)
    if not form.is_valid() or estimate is None:
        return _refused(request, place, form, estimate)
    making.check_room()
    made = _made(request, place, form, estimate)
    if _wants_events(request):
        return streaming.events(request, making.events(made), lambda: making.events_at_once(made))
    return _render(request, place, form, estimate=estimate, answer=making.whole(made))


@require_POST
@member_required(Permission.CALL)
def playground_estimate(request: MemberRequest, service_id: UUID | None = None) -> HttpResponse:
    """What the call of the form would do and cost. Nothing is sent."""
    place, form = _place(request, service_id), CallForm(request.POST)
    _check_may_call(place)
    estimate = _estimate(place, form) if form.is_valid() else None
    return _render(request, place, form, estimate=estimate, partial="estimate")


@require_safe
@member_required(Permission.CALL)
def playground_history(request: MemberRequest) -> HttpResponse:
    """The last calls, as the part of the page that is renewed after each."""
    runs = history.lately(team=request.team, user=request.user, now=timezone.now())
    return render(request, "gateway_admin/playground/_history.html", {"runs": runs})


@require_safe
@member_required(Permission.CALL)
def playground_call(request: MemberRequest, log_id: UUID) -> HttpResponse:
    """What a call that was made has cost, once that is known. Unknown until its row is in the log."""
    run = history.run(team=request.team, log_id=log_id, now=timezone.now())
    return render(request, "gateway_admin/playground/_outcome.html", {"run": run})


def _place(request: HttpRequest, service_id: UUID | None) -> Place:
    team, membership = getattr(request, "team", None), getattr(request, "membership", None)
    page = catalog.market_service(service_id, team=team) if service_id is not None else None
    is_customers = team is not None and not team.is_seller
    may_call = is_customers and membership is not None and is_allowed(membership.role, Permission.CALL)
    return Place(page, team, may_call)


def _check_may_call(place: Place) -> None:
    if not place.may_call:
        raise making.CustomerAccountRequired


def _draft(request: HttpRequest, place: Place) -> tuple[Draft, dict[str, Any]]:
    """Return what the form begins with, and what else may be chosen, as links."""
    if (log_id := _uuid(request.GET.get("log", ""))) and place.team is not None and not place.team.is_seller:
        return drafts.of_log(place.team, log_id, now=timezone.now(), may_read=place.may_call), {}
    if place.page is None:
        return Draft(path=request.GET.get("path", "")[:8192]), {}
    offered, found = targets.of_service(place.page, place.team), drafts.templates(place.page)
    if not offered:
        return Draft(), {"is_unreachable": True}
    target = next((each for each in offered if each.key == request.GET.get("target")), offered[0])
    document, body = next(
        (each for each in found if str(each[0].pk) == request.GET.get("template")), found[0] if found else (None, None)
    )
    base = place.address("page")
    template = f"&template={document.pk}" if document is not None else ""
    choices = {
        "target_tabs": [
            {"label": each.label, "url": f"{base}?target={each.key}{template}", "current": each is target}
            for each in offered
        ],
        "template_tabs": [
            {
                "label": each.title,
                "url": f"{base}?target={target.key}&template={each.pk}",
                "current": each is document,
            }
            for each, _ in found
        ],
    }
    return drafts.of_target(place.page, target, body), choices


def _estimate(place: Place, form: CallForm) -> Estimate:
    assert place.team is not None
    return estimates.of(form, team=place.team, service_id=place.service_id)


def _check(request: MemberRequest, place: Place, form: CallForm, estimate: Estimate | None) -> None:
    """Add what hinders the call to the form; remember that the person agreed to be charged."""
    if estimate is None:
        return
    if place.page is not None and estimate.service_id not in (None, place.service_id):
        link = reverse("playground:page")
        form.add_error("path", f"This path leads to another service. Call it from the playground of any path, {link}.")
    if not estimate.is_paid or _has_agreed(request):
        return
    if not form.cleaned_data["accept"]:
        form.add_error("accept", "Tick this once: the call is real, and costs what is said here.")
        return
    request.session[_AGREED] = [*request.session.get(_AGREED, [])[-9:], str(request.team.pk)]


def _has_agreed(request: HttpRequest) -> bool:
    team = getattr(request, "team", None)
    return team is not None and str(team.pk) in request.session.get(_AGREED, [])


def _made(request: MemberRequest, place: Place, form: CallForm, estimate: Estimate) -> wire.Request:
    path = form.cleaned_data["path"]
    return making.request(
        team=request.team,
        user=request.user,
        service_id=place.service_id or estimate.service_id,
        cap=estimate.cap,
        method=form.cleaned_data["method"],
        path=_logged(path) if form.cleaned_data["keep"] else path,
        headers=form.cleaned_data["headers"],
        body=form.sent_body,
        now=timezone.now(),
    )


def _logged(path: str) -> str:
    """Return a path whose call is kept in the log."""
    for segment in path.split("/"):
        if segment == "l":
            return path
        if segment not in WRAPPERS:
            break
    return f"l/{path}"


def _refused(request: MemberRequest, place: Place, form: CallForm, estimate: Estimate | None) -> HttpResponse:
    if _wants_events(request):
        errors = [
            {"field": form[name].id_for_label if name in form.fields else "", "message": message}
            for name, messages in form.errors.items()
            for message in messages
        ]
        return JsonResponse({"errors": errors}, status=422)
    return _render(request, place, form, estimate=estimate)


def _wants_events(request: HttpRequest) -> bool:
    return "text/event-stream" in request.headers.get("Accept", "")


def _render(
    request: HttpRequest, place: Place, form: CallForm, *, estimate: Estimate | None, partial: str = "", **more: Any
) -> HttpResponse:
    context = {
        "form": form,
        "place": place,
        "estimate": estimate,
        "has_agreed": _has_agreed(request),
        "root": settings.API_GATEWAY_BASE_URL,
        "run_url": place.address("run"),
        "estimate_url": place.address("estimate"),
        **more,
    }
    if partial and getattr(request, "htmx", None):
        return render(request, "gateway_admin/playground/_estimate.html", context)
    if place.may_call and place.team is not None:
        member = cast(MemberRequest, request)
        context["runs"] = history.lately(team=place.team, user=member.user, now=timezone.now())
    if place.page is not None:
        context |= heading(place.page, team=place.team, current="playground")
    template = "gateway_admin/playground/playground.html"
    if place.page is not None:
        template = "gateway_admin/playground/service_playground.html"
    return render(request, template, context, status=422 if form.is_bound and form.errors else 200)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
