"""A seller's promotions: what each takes off and for whom, uploaded as a file, activated and paused."""

from __future__ import annotations

import json
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.teams.access import MemberRequest, seller_required
from accounts.teams.permissions import Permission, is_allowed
from billing.promotions import queries, services
from billing.promotions.forms import PromotionFileForm
from billing.promotions.models import RuleStatus
from common import htmx
from common.errors import DomainError, Invalid
from common.pagination import Page, page_number

_PAGE_SIZE = 25
_DONE = {RuleStatus.ACTIVE: "“{}” lowers the price of calls from now on.", RuleStatus.PAUSED: "“{}” rests."}


@require_safe
@seller_required()
def promotion_list(request: MemberRequest) -> HttpResponse:
    """The promotions in the order in which they apply."""
    found = queries.price_rules(team=request.team)
    number = page_number(request.GET.get("page"))
    rows = [queries.described(rule) for rule in found[(number - 1) * _PAGE_SIZE : number * _PAGE_SIZE]]
    context = {"page": Page(rows, number, _PAGE_SIZE, found.count()), "now": timezone.now(), **_rights(request)}
    template = "billing/promotions/seller_promotion_list.html"
    return htmx.render(request, template, context, partial="promotion-table")


@require_safe
@seller_required()
def promotion_detail(request: MemberRequest, promotion_id: UUID) -> HttpResponse:
    """One promotion: what it takes off, for whom, how often it was used, and the price rule behind it."""
    rule = queries.price_rule(team=request.team, rule_id=promotion_id)
    context = {
        "rule": rule,
        "offer": queries.described(rule),
        "pricing": json.dumps(rule.pricing, indent=2),
        "redemptions": rule.redemptions.count(),
        "now": timezone.now(),
        "is_over": rule.expires_at is not None and rule.expires_at <= timezone.now(),
        **_rights(request),
    }
    return htmx.render(request, "billing/promotions/seller_promotion_detail.html", context)


@require_http_methods(["GET", "POST"])
@seller_required(Permission.MANAGE_SERVICES)
def promotion_upload(request: MemberRequest) -> HttpResponse:
    """Create a promotion, or change the one of that name, from a file. Every problem of it stands above the form."""
    form = PromotionFileForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        try:
            rule = services.upload(
                owner=request.team, file=form.cleaned_data["content"], by=request.user, now=timezone.now()
            )
        except Invalid as error:
            for problem in error.problems:
                form.add_error(None, problem)
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, f"“{rule}” is stored, and {rule.get_status_display().lower()}.")
            return htmx.redirect(request, "seller_promotions:detail", rule.pk, event="promotion-uploaded")
    template = "billing/promotions/seller_promotion_upload.html"
    return htmx.render(request, template, {"form": form}, partial="promotion-form")


@require_POST
@seller_required(Permission.MANAGE_SERVICES)
def promotion_status(request: MemberRequest, promotion_id: UUID) -> HttpResponse:
    """Activate or pause."""
    rule = queries.price_rule(team=request.team, rule_id=promotion_id)
    wanted = request.POST.get("status", "")
    try:
        if wanted not in _DONE:
            raise Invalid(["Choose to activate or to pause it."])
        rule = services.change(rule=rule, changes={"status": wanted}, now=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _DONE[RuleStatus(wanted)].format(rule))
    return htmx.redirect(request, "seller_promotions:detail", rule.pk, event="promotion-changed")


@require_POST
@seller_required(Permission.MANAGE_SERVICES)
def promotion_delete(request: MemberRequest, promotion_id: UUID) -> HttpResponse:
    rule = queries.price_rule(team=request.team, rule_id=promotion_id)
    try:
        services.delete(rule=rule)
    except DomainError as error:
        messages.error(request, error.message)
        return htmx.redirect(request, "seller_promotions:detail", promotion_id)
    messages.success(request, f"“{rule}” is deleted.")
    return htmx.redirect(request, "seller_promotions:list", event="promotion-deleted")


def _rights(request: MemberRequest) -> dict[str, bool]:
    return {"may_manage": is_allowed(request.membership.role, Permission.MANAGE_SERVICES)}
