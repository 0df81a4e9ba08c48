"""Payouts: the balance, the account with the processor, when payouts are made, and what was paid."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.teams.access import MemberRequest, seller_required
from accounts.teams.permissions import Permission, is_allowed
from billing.payments import gateways
from billing.payouts import queries, services
from billing.payouts.forms import ConnectForm, ScheduleForm
from billing.payouts.models import PayoutOrigin, PayoutSchedule
from billing.payouts.services.advancing import window_days
from billing.payouts.services.paying import hindrance, minimum
from common import htmx
from common.errors import DomainError
from common.pagination import Page, page_number

_PAGE_SIZE = 25


@require_safe
@seller_required()
def payout_list(request: MemberRequest) -> HttpResponse:
    """What is owed and what of it can be paid out, how, and what was paid."""
    return htmx.render(request, "billing/payouts/payout_list.html", _page(request), partial="payout-table")


@require_POST
@seller_required(Permission.MANAGE_BILLING)
def payout_request(request: MemberRequest) -> HttpResponse:
    """Pay out all that is available now."""
    currency = request.POST.get("currency", "USD")
    try:
        payout = services.request(
            seller=request.team, currency=currency, origin=PayoutOrigin.DEMAND, by=request.user, now=timezone.now()
        )
    except services.NotPayable as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{payout} is on its way.")
    return htmx.redirect(request, "payouts:list", event="payout-requested")


@require_http_methods(["GET", "POST"])
@seller_required(Permission.MANAGE_BILLING)
def account_connect(request: MemberRequest) -> HttpResponse:
    """Open the account with the processor, and go to its page; for one that is open, just go there."""
    if queries.account_of(seller=request.team).processor_account:
        return _to_processor(request)
    form = ConnectForm(request.POST or None)
    if form.is_valid():
        try:
            services.connect(
                seller=request.team,
                country=form.cleaned_data["country"],
                email=request.team.contact_email or request.user.email,
                processor=gateways.processor(),
                now=timezone.now(),
            )
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            return _to_processor(request)
    return htmx.render(request, "billing/payouts/account_connect.html", {"form": form}, partial="connect-form")


@require_safe
@seller_required()
def account_return(request: MemberRequest) -> HttpResponse:
    """Where the processor sends people back to: look at once whether the account can be paid now."""
    try:
        account = services.refresh_account(seller=request.team, processor=gateways.processor(), now=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        if account.can_be_paid:
            messages.success(request, "Your account can be paid.")
    return HttpResponseRedirect(reverse("payouts:list"))


@require_POST
@seller_required(Permission.MANAGE_BILLING)
def schedule_update(request: MemberRequest) -> HttpResponse:
    """Choose when payouts are made."""
    form = ScheduleForm(request.POST)
    if form.is_valid():
        services.choose_schedule(
            seller=request.team,
            schedule=PayoutSchedule(form.cleaned_data["schedule"]),
            threshold=form.cleaned_data["threshold"],
            now=timezone.now(),
        )
        messages.success(request, "The schedule is saved.")
        return htmx.redirect(request, "payouts:list", event="schedule-saved")
    return htmx.render(
        request, "billing/payouts/payout_list.html", {**_page(request), "form": form}, partial="schedule-form"
    )


def _to_processor(request: MemberRequest) -> HttpResponse:
    """Send the browser to the processor's page; an htmx request is told to go there as a whole."""
    url = services.onboarding_page(
        seller=request.team,
        return_url=settings.SITE_URL + reverse("payouts:return"),
        refresh_url=settings.SITE_URL + reverse("payouts:connect"),
        processor=gateways.processor(),
    )
    return htmx.redirect(request, url)


def _page(request: MemberRequest) -> dict[str, Any]:
    account = queries.account_of(seller=request.team)
    found = queries.payouts(seller=request.team)
    number = page_number(request.GET.get("page"))
    rows = list(found[(number - 1) * _PAGE_SIZE : number * _PAGE_SIZE])
    initial = {"schedule": account.schedule, "threshold": f"{account.threshold:.2f}"}
    return {
        "account": account,
        "balances": [
            (each, hindrance(account=account, currency=each.currency)) for each in queries.balances(seller=request.team)
        ],
        "window_days": window_days(account),
        "minimum": minimum(),
        "may_manage": is_allowed(request.membership.role, Permission.MANAGE_BILLING),
        "form": ScheduleForm(initial=initial),
        "page": Page(rows, number, _PAGE_SIZE, found.count()),
        "processor": gateways.processor(),
    }
