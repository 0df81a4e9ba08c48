"""Pages of saved cards. Numbers are typed in on the processor's pages alone."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.teams.access import MemberRequest, member_required
from accounts.teams.permissions import Permission
from billing.payments import gateways
from billing.payments.processor import Card, ProcessorError
from billing.payments.services import cards
from billing.payments.views.common import CardsNotSetUp, ProcessorSilent, absolute, sent_to, till
from common import htmx


@require_safe
@member_required(Permission.MANAGE_BILLING)
def card_list(request: MemberRequest) -> HttpResponse:
    """The cards that are saved with the processor."""
    where = till(request)
    shown = [(card, cards.label(card)) for card in where.cards]
    return htmx.render(request, "billing/payments/card_list.html", {"till": where, "cards": shown})


@require_POST
@member_required(Permission.MANAGE_BILLING)
def card_add(request: MemberRequest) -> HttpResponse:
    """Go to the processor's page that saves a card."""
    return _away(request, cards.open_page)


@require_POST
@member_required(Permission.MANAGE_BILLING)
def card_portal(request: MemberRequest) -> HttpResponse:
    """Go to the processor's own page of cards and receipts."""
    return _away(request, cards.open_portal)


def _away(request: MemberRequest, open_page: Callable[..., str]) -> HttpResponse:
    processor = gateways.processor()
    if not processor.is_set_up:
        raise CardsNotSetUp(currency="any currency")
    back = absolute(request, reverse("payments:cards"))
    try:
        return sent_to(open_page(team=request.team, processor=processor, return_url=back))
    except ProcessorError as error:
        raise ProcessorSilent from error


@require_POST
@member_required(Permission.MANAGE_BILLING)
def card_default(request: MemberRequest) -> HttpResponse:
    """Let a card be offered first."""
    with_processor = _changed(
        lambda card_id: cards.make_default(team=request.team, card_id=card_id, processor=gateways.processor()), request
    )
    messages.success(request, f"{cards.label(with_processor)} is offered first now.")
    return htmx.redirect(request, "payments:cards")


@require_POST
@member_required(Permission.MANAGE_BILLING)
def card_remove(request: MemberRequest) -> HttpResponse:
    """Forget a card."""
    removed = _changed(
        lambda card_id: cards.remove(
            team=request.team, card_id=card_id, processor=gateways.processor(), now=timezone.now()
        ),
        request,
    )
    messages.success(request, f"{cards.label(removed)} was removed.")
    return htmx.redirect(request, "payments:cards")


def _changed(change: Callable[[str], Card], request: MemberRequest) -> Card:
    try:
        return change(request.POST.get("card", ""))
    except ProcessorError as error:
        raise ProcessorSilent from error
