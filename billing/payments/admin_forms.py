"""What operators enter about payments."""

from __future__ import annotations

from django import forms
from unfold.widgets import UnfoldAdminDecimalFieldWidget


class RefundForm(forms.Form):
    """How much goes back to the cards of a wallet. key: made with the empty form, so that it counts once."""

    amount = forms.DecimalField(
        max_digits=14, decimal_places=3, min_value=0, widget=UnfoldAdminDecimalFieldWidget(attrs={"step": "any"})
    )
    key = forms.UUIDField(widget=forms.HiddenInput)
