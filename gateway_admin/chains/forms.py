"""Input about chains: the chain, and its steps as rows."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from gateway_admin.chains.models import Chain, ChainStep
from gateway_admin.chains.services import StepContent
from gateway_admin.named_pages import JsonField, NameField, OrderField, PathField, placed, row_set, rows_typed

STEPS = "steps"
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


class StepForm(forms.Form):
    """A step. names: of all steps, to choose from where it goes on."""

    name = forms.CharField(max_length=64, widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off"}))
    target_path = PathField(label="Calls")
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

    def __init__(self, *args: Any, names: list[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = [*_ENDS, *((name, f"Go to {name}") for name in names or [])]
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

    def content(self, place: int) -> StepContent:
        """Return the step as the service takes it."""
        given = {field: self.cleaned_data[field] for field in StepForm.base_fields}
        return StepContent(**{**given, "sort_order": place})


StepForms = row_set(StepForm)


def step_forms(data: QueryDict | None = None, *, chain: Chain | None = None) -> forms.BaseFormSet[forms.Form]:
    """Return the rows of what was typed, or of a chain's steps, or of a new one with spare rows."""
    steps: list[ChainStep] = list(chain.steps.all()) if chain else []
    fields = StepForm.base_fields
    initial = [
        {**{field: getattr(step, field) for field in fields}, "sort_order": place}
        for place, step in enumerate(steps, start=1)
    ]
    names = [step.name for step in steps] if data is None else _names(rows_typed(data, STEPS, StepForm))
    return StepForms(data, prefix=STEPS, initial=initial, form_kwargs={"names": names})


def more_step_forms(data: QueryDict) -> forms.BaseFormSet[forms.Form]:
    """Return the rows that were typed so far and two more, for steps to go to each other."""
    initial = rows_typed(data, STEPS, StepForm)
    return StepForms(prefix=STEPS, initial=initial, form_kwargs={"names": _names(initial)})


def contents(rows: forms.BaseFormSet[forms.Form]) -> list[StepContent]:
    """Return the steps of valid rows, in their order."""
    return [row.content(place) for place, row in placed(rows) if isinstance(row, StepForm)]


def _names(rows: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(row["name"].strip()[:64] for row in rows if row["name"].strip()))
