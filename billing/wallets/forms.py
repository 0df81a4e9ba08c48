"""What operators enter: a credit, a credit limit."""

from __future__ import annotations

from uuid import uuid4

from django import forms
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from billing.wallets.services import CreditKind


class CreditForm(forms.Form):
    """Money for a wallet. key: made with the empty form, so that a form sent twice credits once."""

    amount = forms.DecimalField(
        max_digits=21, decimal_places=12, min_value=0, widget=UnfoldAdminDecimalFieldWidget(attrs={"step": "any"})
    )
    kind = forms.ChoiceField(choices=CreditKind.choices, widget=UnfoldAdminSelectWidget)
    note = forms.CharField(
        max_length=500,
        widget=UnfoldAdminTextInputWidget,
        help_text="The customer reads it in the list of transactions.",
    )
    key = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput)


class CreditLimitForm(forms.Form):
    """How far below zero a wallet may go."""

    limit = forms.DecimalField(
        max_digits=21, decimal_places=12, min_value=0, widget=UnfoldAdminDecimalFieldWidget(attrs={"step": "any"})
    )
