"""What people enter about a contested charge."""

from __future__ import annotations

from django import forms
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextareaWidget

from marketplace.attachments.forms import AttachmentsField


class MessageForm(forms.Form):
    """A line of the thread."""

    text = forms.CharField(max_length=5000, widget=forms.Textarea(attrs={"rows": 4}), label="Message")
    attached = AttachmentsField()


class OpenForm(forms.Form):
    """Why a charge is contested."""

    text = forms.CharField(
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 6}),
        label="What is wrong with this charge",
        help_text="The seller and the operators read it.",
    )
    attached = AttachmentsField()


class RefundForm(forms.Form):
    """What a seller gives back of a charge."""

    amount = forms.DecimalField(max_digits=21, decimal_places=12, label="Amount to give back")
    text = forms.CharField(
        max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 3}), label="Message to the customer"
    )


class ResolveForm(forms.Form):
    """How operators settle a dispute."""

    amount = forms.DecimalField(
        max_digits=21, decimal_places=12, widget=UnfoldAdminDecimalFieldWidget(attrs={"step": "any"})
    )
    text = forms.CharField(max_length=5000, required=False, widget=UnfoldAdminTextareaWidget, label="Message")


class OperatorMessageForm(forms.Form):
    """A line of the operators', or their reason."""

    text = forms.CharField(max_length=5000, widget=UnfoldAdminTextareaWidget, label="Message")
