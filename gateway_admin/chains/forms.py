"""Input about chains: the chain, and its steps as rows."""

from __future__ import annotations

from typing import Any

from django import forms

from gateway_admin.chains.services import StepContent
from gateway_admin.composite_forms import PartForm, PartForms
from gateway_admin.named_pages import JsonField, NameField, OrderField

_LONGEST_MS = 600_000
_ENDS = [("continue", "Next step"), ("stop", "Stop with this answer"), ("relay", "Relay this answer")]
_METHODS = [("", "As the call"), *((each, each) for each in ("GET", "POST", "PUT", "PATCH", "DELETE"))]


class EditForm(forms.Form):
    """What may change of a chain, besides its steps."""

    description = forms.CharField(max_length=500, required=False)
    default_timeout_ms = forms.IntegerField(
        min_value=1,
        max_value=_LONGEST_MS,
        initial=10_000,
        label="Time for a step, in milliseconds",
        help_text="A step that takes longer has failed. Up to 600,000.",
    )
    enabled = forms.BooleanField(required=False, initial=True, label="Calls are answered")


class ChainForm(EditForm):
    """A new chain."""

    name = NameField()
    field_order = ("name", "description", "default_timeout_ms", "enabled")


class StepForm(PartForm):
    """A step. Where it goes on is chosen from the names of all steps."""

    on_success = forms.ChoiceField(choices=_ENDS, initial="continue", label="On success")
    on_failure = forms.ChoiceField(choices=_ENDS, initial="relay", label="On failure")
    sort_order = OrderField()
    timeout_ms = forms.IntegerField(min_value=1, max_value=_LONGEST_MS, required=False, label="Time (ms)")
    method = forms.ChoiceField(choices=_METHODS, required=False)
    headers = JsonField(
        required=False,
        help_text="JSON. Leave it empty to send those of the call.",
        widget=forms.Textarea(attrs={"rows": 2, "class": "mono"}),
    )
    body = JsonField(
        required=False,
        help_text="JSON. Leave it empty to send that of the call. {{ previous.body }} or "
        "{{ steps.draft.body }} in a text stands for an earlier answer.",
        widget=forms.Textarea(attrs={"rows": 3, "class": "mono"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = [*_ENDS, *((name, f"Go to {name}") for name in self.names)]
        for field in ("on_success", "on_failure"):
            choices = self.fields[field]
            assert isinstance(choices, forms.ChoiceField)
            choices.choices = places

    def clean_headers(self) -> dict[str, str] | None:
        headers: Any = self.cleaned_data["headers"]
        if headers is None:
            return None
        if not (isinstance(headers, dict) and all(isinstance(value, str) for value in headers.values())):
            raise forms.ValidationError('Write a JSON object of texts, such as {"Accept": "application/json"}.')
        return headers


STEPS = PartForms("step", StepForm, StepContent)
