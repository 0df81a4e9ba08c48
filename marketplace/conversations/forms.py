"""What people write."""

from __future__ import annotations

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget

from marketplace.attachments.forms import AttachmentsField
from marketplace.conversations.models import ConversationKind, ConversationStatus
from marketplace.conversations.queries.inbox import DISPUTE, Filters
from marketplace.conversations.services.lines import LONGEST_TEXT


class MessageForm(forms.Form):
    """A message in a thread."""

    text = forms.CharField(max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 4}), label="Message")
    attached = AttachmentsField()


class OpenForm(forms.Form):
    """A new thread."""

    subject = forms.CharField(max_length=150, label="Subject")
    text = forms.CharField(max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 7}), label="Message")
    attached = AttachmentsField()


class OperatorMessageForm(forms.Form):
    """An answer of the operators."""

    text = forms.CharField(max_length=LONGEST_TEXT, widget=UnfoldAdminTextareaWidget, label="Message")


class FilterForm(forms.Form):
    """What of the inbox is shown. It stands in the address; what is not understood is left out."""

    q = forms.CharField(max_length=100, required=False, label="Search", widget=forms.TextInput({"type": "search"}))
    kind = forms.ChoiceField(
        required=False, label="Kind", choices=[("", "All"), *ConversationKind.choices, (DISPUTE, "Dispute")]
    )
    status = forms.ChoiceField(required=False, label="Status", choices=[("", "Any"), *ConversationStatus.choices])
    unread = forms.BooleanField(required=False, label="Unread alone")

    def filters(self, after: str) -> Filters:
        """Return what is asked for; what cannot be read asks for everything."""
        self.is_valid()
        read = self.cleaned_data
        return Filters(
            kind=read.get("kind", ""),
            status=read.get("status", ""),
            words=read.get("q", "").strip(),
            is_unread=read.get("unread", False),
            after=after,
        )
