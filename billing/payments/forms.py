"""What owners enter about money. The key of a form is made with the empty form: sent twice, it counts once."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms

from billing.payments.processor import Card
from billing.payments.services import cards as saved_cards
from billing.payments.services import limits
from common.amounts import written

#: The choice that leads to the processor's page.
OTHER_CARD = "other"


def _amount(label: str, help_text: str = "", **more: Any) -> forms.DecimalField:
    widget = forms.NumberInput(attrs={"inputmode": "decimal", "step": "any", "autocomplete": "off"})
    return forms.DecimalField(
        label=label, help_text=help_text, max_digits=14, decimal_places=3, widget=widget, localize=False, **more
    )


class TopUpForm(forms.Form):
    """A payment by a saved card, or by one that is typed in on the processor's page."""

    amount = _amount("Amount")
    card = forms.ChoiceField(label="Pay with", widget=forms.RadioSelect)
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, cards: Sequence[Card], currency: str, **named: Any) -> None:
        named["initial"] = {"key": uuid4(), "card": cards[0].id if cards else OTHER_CARD, **named.get("initial", {})}
        super().__init__(*arguments, **named)
        least, most = written(limits.minimum(), currency), written(limits.maximum(), currency)
        self.fields["amount"].label = f"Amount in {currency}"
        self.fields["amount"].help_text = f"From {least} to {most} {currency}."
        self.fields["card"].choices = [*_choices(cards), (OTHER_CARD, "Another card, on the processor's page")]  # type: ignore[attr-defined]
        if not cards:
            self.fields["card"].widget = forms.HiddenInput()


class AutoTopUpForm(forms.Form):
    """A standing order."""

    threshold = _amount("When the available balance falls to", "The card is charged then, once.")
    target = _amount("Fill the wallet up to")
    monthly_ceiling = _amount("At most a month", "No more than this is charged by itself in a calendar month.")
    card = forms.ChoiceField(label="Charge", widget=forms.RadioSelect)

    def __init__(self, *arguments: Any, cards: Sequence[Card], **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.fields["card"].choices = _choices(cards)  # type: ignore[attr-defined]


class WarningForm(forms.Form):
    """An amount at which the team is warned."""

    warn_below = _amount("Warn us when the available balance falls to", required=False, min_value=Decimal(0))


class RefundForm(forms.Form):
    """How much goes back to the cards."""

    amount = _amount("Amount")
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, currency: str, most: Decimal, **named: Any) -> None:
        named["initial"] = {"key": uuid4()}
        super().__init__(*arguments, **named)
        self.fields["amount"].label = f"Amount in {currency}"
        self.fields["amount"].help_text = f"At most {written(most, currency)} {currency}."


def _choices(cards: Sequence[Card]) -> list[tuple[str, str]]:
    return [(card.id, _described(card)) for card in cards]


def _described(card: Card) -> str:
    expiry = f"expires {card.expires_month:02}/{card.expires_year % 100:02}"
    return f"{saved_cards.label(card)}, {expiry}{', default' if card.is_default else ''}"
