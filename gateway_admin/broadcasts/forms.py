"""Input about broadcasts: the broadcast, and its targets as rows."""

from __future__ import annotations

from django import forms
from django.http import QueryDict

from gateway_admin.broadcasts.models import Broadcast, Mode, SuccessPolicy
from gateway_admin.broadcasts.services import TargetContent
from gateway_admin.named_pages import NameField, OrderField, PathField, RoutingKeyField, placed, row_set, rows_typed

TARGETS = "targets"


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


class TargetForm(forms.Form):
    """A target."""

    name = forms.CharField(max_length=64, widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off"}))
    target_path = PathField(label="Calls")
    routing_key_override = RoutingKeyField(label="Ask it for")
    sort_order = OrderField()

    def content(self, place: int) -> TargetContent:
        """Return the target as the service takes it."""
        given = {field: self.cleaned_data[field] for field in TargetForm.base_fields}
        return TargetContent(**{**given, "sort_order": place})


TargetForms = row_set(TargetForm)


def target_forms(data: QueryDict | None = None, *, broadcast: Broadcast | None = None) -> forms.BaseFormSet[forms.Form]:
    """Return the rows of what was typed, or of a broadcast's targets, or of a new one with spare rows."""
    targets = list(broadcast.targets.all()) if broadcast else []
    fields = TargetForm.base_fields
    initial = [
        {**{field: getattr(each, field) for field in fields}, "sort_order": place}
        for place, each in enumerate(targets, start=1)
    ]
    return TargetForms(data, prefix=TARGETS, initial=initial)


def more_target_forms(data: QueryDict) -> forms.BaseFormSet[forms.Form]:
    """Return the rows that were typed so far and two more."""
    return TargetForms(prefix=TARGETS, initial=rows_typed(data, TARGETS, TargetForm))


def contents(rows: forms.BaseFormSet[forms.Form]) -> list[TargetContent]:
    """Return the targets of valid rows, in their order."""
    return [row.content(place) for place, row in placed(rows) if isinstance(row, TargetForm)]
