"""Saved cards. Numbers are typed in on the processor's pages alone; we know brand, last digits and expiry."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from accounts.teams.models import Team
from billing.payments import queries
from billing.payments.models import AutoTopUp, Pause
from billing.payments.processor import Card, Processor
from billing.payments.services import automatic, customers
from common.errors import NotFound


def label(card: Card) -> str:
    """Return what a card is called on our pages: Visa •••• 4242."""
    return f"{card.brand.title()} •••• {card.last4}"


def saved(*, team: Team, processor: Processor) -> list[Card]:
    """Return the team's cards, the default one first. Raises: ProcessorError."""
    customer_id = queries.customer_id(team=team, is_live=processor.is_live)
    cards = processor.cards(customer_id=customer_id) if customer_id else []
    return sorted(cards, key=lambda card: not card.is_default)


def one(*, team: Team, card_id: str, processor: Processor) -> Card:
    """Return one of the team's cards. Raises: NotFound, ProcessorError."""
    for card in saved(team=team, processor=processor):
        if card.id == card_id:
            return card
    raise NotFound(what="card")


def open_page(*, team: Team, processor: Processor, return_url: str) -> str:
    """Return the address of a page that saves a card. Raises: ProcessorError."""
    page = processor.open_card_page(
        key=f"card:{uuid4()}",
        customer_id=customers.ensure(team=team, processor=processor),
        reference=str(team.pk),
        success_url=return_url,
        cancel_url=return_url,
    )
    return page.url


def open_portal(*, team: Team, processor: Processor, return_url: str) -> str:
    """Return the address of the processor's page for the team's cards and receipts. Raises: ProcessorError."""
    customer_id = customers.ensure(team=team, processor=processor)
    return processor.open_portal(customer_id=customer_id, return_url=return_url)


def make_default(*, team: Team, card_id: str, processor: Processor) -> Card:
    """Let a card be the one that is offered first. Raises: NotFound, ProcessorError."""
    card = one(team=team, card_id=card_id, processor=processor)
    customer_id = customers.ensure(team=team, processor=processor)
    processor.set_default_card(customer_id=customer_id, card_id=card.id)
    return card


def remove(*, team: Team, card_id: str, processor: Processor, now: datetime) -> Card:
    """Forget a card; standing orders that charge it stop. Raises: NotFound, ProcessorError."""
    card = one(team=team, card_id=card_id, processor=processor)
    processor.detach_card(card_id=card.id)
    for rule in AutoTopUp.objects.filter(wallet__team=team, card_id=card.id, is_enabled=True).select_related("wallet"):
        automatic.pause(wallet=rule.wallet, reason=Pause.CARD_REMOVED, top_up=None, now=now)
    return card
