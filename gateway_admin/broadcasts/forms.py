"""Input about broadcasts: the broadcast, and its targets as rows."""

from __future__ import annotations

from django import forms

from gateway_admin.broadcasts.models import Mode, SuccessPolicy
from gateway_admin.broadcasts.services import TargetContent
from gateway_admin.composite_forms import PartForm, PartForms
from gateway_admin.named_pages import NameField, OrderField, RoutingKeyField


class EditForm(forms.Form):
    """What may change of a broadcast, besides its targets."""

    description = forms.CharField(max_length=500, required=False)
    mode = forms.ChoiceField(choices=Mode.choices, initial=Mode.SYNC, widget=forms.RadioSelect, label="The caller")
    policy = forms.ChoiceField(
        choices=SuccessPolicy.choices, initial=SuccessPolicy.ANY, widget=forms.RadioSelect, label="It succeeds when"
    )
    quorum = forms.IntegerField(
        min_value=1,
        max_value=100,
        initial=1,
        label="How many must answer",
        help_text="Counts only with “So many targets must answer”.",
    )
    target_timeout_ms = forms.IntegerField(
        min_value=1,
        max_value=600_000,
        initial=30_000,
        label="Time for a target, in milliseconds",
        help_text="A target that takes longer has failed. Up to 600,000.",
    )
    enabled = forms.BooleanField(required=False, initial=True, label="Calls are answered")


class BroadcastForm(EditForm):
    """A new broadcast."""

    name = NameField()
    field_order = ("name", "description", "mode", "policy", "quorum", "target_timeout_ms", "enabled")


class TargetForm(PartForm):
    """A target."""

    routing_key_override = RoutingKeyField(label="Ask it for")
    sort_order = OrderField()


TARGETS = PartForms("target", TargetForm, TargetContent)
