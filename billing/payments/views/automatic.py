"""Pages of what happens when a wallet runs low: the standing order and the team's own warning."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.teams.access import MemberRequest, member_required
from accounts.teams.permissions import Permission
from billing.payments import banners, queries
from billing.payments.forms import AutoTopUpForm, WarningForm
from billing.payments.models import AutoTopUp, Pause
from billing.payments.services import attention, automatic, cards, limits
from billing.payments.views.common import Till, till
from billing.payments.views.top_ups import called_off
from common import htmx
from common.errors import DomainError

_FORM = "billing/payments/auto_top_up_form.html"


@require_http_methods(["GET", "POST"])
@member_required(Permission.MANAGE_BILLING)
def auto_top_up_update(request: MemberRequest) -> HttpResponse:
    """Say when which card is charged by itself, and how much."""
    where = till(request)
    rule = queries.auto_top_up(where.wallet) if where.wallet else None
    form = AutoTopUpForm(request.POST or None, cards=where.cards, initial=_initial(rule, where))
    if form.is_valid():
        try:
            _arrange(where, rule, form)
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, "The automatic top-up is on.")
            return htmx.redirect(request, _wallet(where))
    watch = queries.watch(where.wallet) if where.wallet else None
    warning = WarningForm(initial={"warn_below": _plain(watch.warn_below if watch else None)})
    context = {"form": form, "warning": warning, "till": where, "rule": rule, "least": limits.minimum()}
    return htmx.render(request, _FORM, context)


def _arrange(where: Till, rule: AutoTopUp | None, form: AutoTopUpForm) -> None:
    chosen = next(card for card in where.cards if card.id == form.cleaned_data["card"])
    order = automatic.Order(
        threshold=form.cleaned_data["threshold"],
        target=form.cleaned_data["target"],
        monthly_ceiling=form.cleaned_data["monthly_ceiling"],
        card_id=chosen.id,
        card_label=cards.label(chosen),
    )
    wallet = where.open_wallet()
    _call_off_what_waits(rule)
    automatic.arrange(wallet=wallet, order=order, now=timezone.now())


@require_POST
@member_required(Permission.MANAGE_BILLING)
def auto_top_up_stop(request: MemberRequest) -> HttpResponse:
    """Charge nothing by itself any more."""
    where = till(request, with_cards=False)
    if where.wallet is not None:
        automatic.switch_off(wallet=where.wallet, now=timezone.now())
        messages.success(request, "The automatic top-up is off.")
    return htmx.redirect(request, _wallet(where))


@require_POST
@member_required(Permission.MANAGE_BILLING)
def auto_top_up_resume(request: MemberRequest) -> HttpResponse:
    """Try again after a stop."""
    where = till(request, with_cards=False)
    if where.wallet is not None:
        _call_off_what_waits(queries.auto_top_up(where.wallet))
        automatic.resume(wallet=where.wallet, now=timezone.now())
        messages.success(request, "The automatic top-up goes on.")
    return htmx.redirect(request, _wallet(where))


@require_POST
@member_required(Permission.MANAGE_BILLING)
def warning_update(request: MemberRequest) -> HttpResponse:
    """Set an amount at which the team is warned."""
    where, form = till(request, with_cards=False), WarningForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Give an amount of at least 0, or leave the field empty.")
    elif where.wallet is not None:
        attention.warn_below(wallet=where.wallet, amount=form.cleaned_data["warn_below"], now=timezone.now())
        messages.success(request, "Saved.")
    return htmx.redirect(request, f"{reverse('payments:auto_top_up')}?currency={where.currency}")


@require_safe
@member_required()
def banner(request: MemberRequest) -> HttpResponse:
    """What must be known of the wallets, for the top of other pages."""
    return render(request, "billing/payments/_banners.html", {"banners": banners.banners(team=request.team)})


def _call_off_what_waits(rule: AutoTopUp | None) -> None:
    """Let a confirmation that was asked for be forgotten, so that the card is charged anew."""
    if rule is not None and rule.paused_reason == Pause.CONFIRMATION and rule.paused_by is not None:
        called_off(rule.paused_by)


def _initial(rule: AutoTopUp | None, where: Till) -> dict[str, object]:
    if rule is None:
        return {"card": where.cards[0].id if where.cards else "", "threshold": 5, "target": 25, "monthly_ceiling": 100}
    amounts = {name: _plain(getattr(rule, name)) for name in ("threshold", "target", "monthly_ceiling")}
    return {**amounts, "card": rule.card_id}


def _plain(amount: object) -> str:
    return "" if amount is None else f"{amount:.2f}"


def _wallet(where: Till) -> str:
    return f"/wallet?currency={where.currency}"
