"""Input about collections."""

from __future__ import annotations

from typing import Any

from django import forms

from gateway_admin.collections.models import Policy
from gateway_admin.named_pages import NameField, RoutingKeyField


class EditForm(forms.Form):
    """What may change of a collection."""

    display_name = forms.CharField(max_length=200, required=False, label="Title")
    description = forms.CharField(max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    policy = forms.ChoiceField(
        choices=Policy.choices,
        initial=Policy.WEIGHTED_RANDOM,
        label="Which service takes a call",
        widget=forms.RadioSelect,
    )
    enabled = forms.BooleanField(required=False, initial=True, label="Calls are answered")


class CollectionForm(EditForm):
    """A new collection; it answers from its first service on."""

    name = NameField()
    enabled = None  # type: ignore[assignment]  # how Django takes a field of the parent away
    field_order = ("name", "display_name", "description", "policy")


class MemberForm(forms.Form):
    """How a service stands in a collection."""

    weight = forms.IntegerField(
        min_value=0,
        max_value=1_000_000,
        initial=10,
        help_text="Of weights 3 and 1, the first takes three calls of four. 0 takes none.",
    )
    routing_key = RoutingKeyField(help_text="By which requests choose it here. Leave it empty for the service's own.")
    sort_order = forms.IntegerField(
        min_value=-1000, max_value=1000, initial=0, label="Order", help_text="Lowest first."
    )

    @property
    def arguments(self) -> dict[str, Any]:
        """Return what the service takes."""
        return {field: self.cleaned_data[field] for field in ("weight", "routing_key", "sort_order")}
