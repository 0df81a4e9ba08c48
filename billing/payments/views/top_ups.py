"""Pages of top-ups: the form, and the payment with its true state."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.teams.access import MemberRequest, member_required
from accounts.teams.permissions import Permission, is_allowed
from billing.payments import gateways, queries
from billing.payments.forms import TopUpForm
from billing.payments.models import TopUp
from billing.payments.processor import ProcessorError
from billing.payments.services import cards, limits, top_ups
from billing.payments.views.common import ProcessorSilent, Till, absolute, sent_to, till
from common import htmx
from common.errors import DomainError
from domain.money import Money

_FORM = "billing/payments/top_up_form.html"
_DETAIL = "billing/payments/top_up_detail.html"


@require_http_methods(["GET", "POST"])
@member_required(Permission.MANAGE_BILLING)
def top_up_create(request: MemberRequest) -> HttpResponse:
    """Pay into the wallet."""
    where = till(request)
    form = TopUpForm(request.POST or None, cards=where.cards, currency=where.currency)
    if form.is_valid():
        try:
            return _begin(request, where, form)
        except DomainError as error:
            form.add_error("amount" if isinstance(error, limits.TopUpAmountInvalid) else None, error.message)
    context = {"form": form, "till": where, "least": limits.minimum(), "most": limits.maximum()}
    return htmx.render(request, _FORM, context)


def _begin(request: MemberRequest, where: Till, form: TopUpForm) -> HttpResponse:
    wallet, now = where.open_wallet(), timezone.now()
    chosen = next((card for card in where.cards if card.id == form.cleaned_data["card"]), None)
    order = top_ups.Order(
        amount=Money(form.cleaned_data["amount"], wallet.currency),
        request_key=form.cleaned_data["key"],
        card_id=chosen.id if chosen else "",
        card_label=cards.label(chosen) if chosen else "",
    )
    top_up = top_ups.begin(wallet=wallet, order=order, by=request.user, now=now)
    back = absolute(request, reverse("payments:top_up_detail", args=[top_up.pk]))
    try:
        return sent_to(top_ups.go_on(top_up=top_up, processor=where.processor, return_url=back, now=now))
    except ProcessorError as error:
        raise ProcessorSilent from error


@require_safe
@member_required()
def top_up_detail(request: MemberRequest, top_up_id: UUID) -> HttpResponse:
    """One payment as the processor has it now: people come here from its pages, before or after its webhook."""
    top_up = queries.top_up(team=request.team, top_up_id=top_up_id)
    processor = gateways.processor()
    if processor.is_set_up:
        top_up = top_ups.refresh(top_up=top_up, processor=processor, now=timezone.now())
    sent_back, taken_back = queries.reversals(top_up)
    context = {
        "top_up": top_up,
        "currency": top_up.wallet.currency,
        "available": top_up.wallet.available,
        "refunds": sent_back,
        "chargebacks": taken_back,
        "is_pretended": processor.is_pretended,
        "may_pay": is_allowed(request.membership.role, Permission.MANAGE_BILLING),
    }
    return htmx.render(request, _DETAIL, context, partial="top-up-state")


@require_safe
@member_required(Permission.MANAGE_BILLING)
def top_up_confirm(request: MemberRequest, top_up_id: UUID) -> HttpResponse:
    """Go to the bank that wants to hear from the card's owner. A link, since banks pass people on as they like."""
    top_up = queries.top_up(team=request.team, top_up_id=top_up_id)
    back = absolute(request, reverse("payments:top_up_detail", args=[top_up.pk]))
    try:
        return sent_to(top_ups.confirmation(top_up=top_up, processor=gateways.processor(), return_url=back))
    except ProcessorError as error:
        raise ProcessorSilent from error


@require_POST
@member_required(Permission.MANAGE_BILLING)
def top_up_cancel(request: MemberRequest, top_up_id: UUID) -> HttpResponse:
    """Call an open payment off."""
    top_up = called_off(queries.top_up(team=request.team, top_up_id=top_up_id))
    return htmx.redirect(request, "payments:top_up_detail", top_up.pk, event="top-up-canceled")


def called_off(top_up: TopUp) -> TopUp:
    """Return the payment after it was called off. Raises: ProcessorSilent."""
    try:
        return top_ups.cancel(top_up=top_up, processor=gateways.processor(), now=timezone.now())
    except ProcessorError as error:
        raise ProcessorSilent from error
