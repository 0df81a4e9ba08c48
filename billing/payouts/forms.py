"""What sellers and operators enter."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from billing.payouts.models import AdjustmentKind, InvoiceReason, PayoutSchedule
from billing.payouts.services import NOTHING_SAID

#: Countries that the processor opens accounts in, as people look for them.
COUNTRIES = (
    ("AU", "Australia"),
    ("AT", "Austria"),
    ("BE", "Belgium"),
    ("CA", "Canada"),
    ("FI", "Finland"),
    ("FR", "France"),
    ("DE", "Germany"),
    ("IE", "Ireland"),
    ("IT", "Italy"),
    ("JP", "Japan"),
    ("NL", "Netherlands"),
    ("PT", "Portugal"),
    ("ES", "Spain"),
    ("CH", "Switzerland"),
    ("GB", "United Kingdom"),
    ("US", "United States"),
)


class ConnectForm(forms.Form):
    """Where the seller is at home."""

    country = forms.ChoiceField(
        choices=[("", "Choose a country"), *COUNTRIES],
        help_text="Where your business or you are registered. It cannot be changed later.",
    )


class ScheduleForm(forms.Form):
    """When payouts are made."""

    schedule = forms.ChoiceField(choices=PayoutSchedule.choices, widget=forms.RadioSelect, label="Pay out")
    threshold = forms.DecimalField(
        min_value=1,
        max_value=1_000_000,
        decimal_places=2,
        label="Amount",
        help_text="For payouts at an amount: the available balance that starts one.",
    )


class ContestForm(forms.Form):
    """What is wrong with an invoice."""

    reason = forms.ChoiceField(choices=InvoiceReason.choices, widget=forms.RadioSelect)
    text = forms.CharField(
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 5}),
        label="What is wrong",
        help_text="Name the lines.",
        error_messages={"required": NOTHING_SAID},
    )


class NoteForm(forms.Form):
    """A line of the thread about an invoice."""

    text = forms.CharField(max_length=5000, widget=forms.Textarea(attrs={"rows": 3}), label="Message")


class ResolveForm(forms.Form):
    """How operators settle a disputed invoice."""

    amount = forms.DecimalField(
        max_digits=21,
        decimal_places=12,
        initial=0,
        widget=UnfoldAdminDecimalFieldWidget(attrs={"step": "any"}),
        help_text="Added to the invoice; below 0 taken off. 0 leaves it as it is.",
    )
    text = forms.CharField(max_length=5000, widget=UnfoldAdminTextareaWidget, help_text="The seller reads it.")


class VoidForm(forms.Form):
    """Why an invoice is void."""

    text = forms.CharField(
        max_length=5000,
        widget=UnfoldAdminTextareaWidget,
        label="Reason",
        help_text="The seller reads it. The month is invoiced anew within the hour.",
    )


class AdjustmentForm(forms.Form):
    """An amount added to what a seller earned. key: made with the empty form, so that one sent twice counts once."""

    amount = forms.DecimalField(
        max_digits=21,
        decimal_places=12,
        widget=UnfoldAdminDecimalFieldWidget(attrs={"step": "any"}),
        help_text="Below 0 it is taken from the seller.",
    )
    currency = forms.CharField(max_length=7, min_length=3, initial="USD", widget=UnfoldAdminTextInputWidget)
    kind = forms.ChoiceField(
        choices=[each for each in AdjustmentKind.choices if each[0] != AdjustmentKind.DISPUTE],
        widget=UnfoldAdminSelectWidget,
    )
    note = forms.CharField(
        max_length=500, widget=UnfoldAdminTextInputWidget, help_text="The seller reads it on the next invoice."
    )
    key = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput)

    def clean_currency(self) -> str:
        currency: str = self.cleaned_data["currency"].upper()
        if not (currency.isascii() and currency.isalpha()):
            raise forms.ValidationError("Give a currency code such as USD.")
        return currency


class WindowForm(forms.Form):
    """How long a seller's earnings are held back."""

    days = forms.IntegerField(
        min_value=0, max_value=365, required=False, widget=UnfoldAdminIntegerFieldWidget, label="Payout window in days"
    )

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.fields["days"].help_text = f"Empty: the general window of {settings.PAYOUT_WINDOW_DAYS} days."
