"""Input about request logs: filters, in the address as in the API, and what is to be kept."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.core.validators import MaxValueValidator

from gateway_admin.request_logs.filters import SOURCES
from gateway_admin.request_logs.models import Mode

_MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S")
_ANY = ("", "Any")
_SOURCE_WORDS = {
    "upstream": "The service",
    "gateway": "Anything before the service",
    "client": "The request",
    "money": "Money",
    "limit": "A limit",
}


class FilterForm(forms.Form):
    """What of the log is shown. The names are those of the API."""

    status = forms.ChoiceField(choices=[_ANY, *((f"{n}xx", f"{n}xx") for n in "2345")], required=False)
    service_id = forms.TypedChoiceField(coerce=UUID, empty_value=None, required=False, label="Service")
    api_key_id = forms.TypedChoiceField(coerce=UUID, empty_value=None, required=False, label="API key")
    error_source = forms.ChoiceField(
        choices=[_ANY, *((name, _SOURCE_WORDS[name]) for name in SOURCES)], required=False, label="Failed because of"
    )
    alias = forms.CharField(max_length=80, required=False, label="Called by name", help_text="Such as a/llm or g/pool.")
    text = forms.CharField(max_length=200, required=False, label="In the path")
    session = forms.CharField(max_length=100, required=False)
    request_id = forms.UUIDField(required=False, label="Request id")
    min_latency_ms = forms.FloatField(min_value=0, required=False, label="At least so many milliseconds")
    start_time = forms.DateTimeField(required=False, widget=_MOMENT, label="From (UTC)")
    end_time = forms.DateTimeField(required=False, widget=_MOMENT, label="To (UTC)")
    errors_only = forms.BooleanField(required=False, label="Only failures")
    calls_only = forms.BooleanField(required=False, label="Without the parts of calls")
    # in the API and in links; the form keeps what an address says of them
    service_enrollment_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    status_min = forms.IntegerField(min_value=100, max_value=599, required=False, widget=forms.HiddenInput)
    status_max = forms.IntegerField(min_value=100, max_value=599, required=False, widget=forms.HiddenInput)
    user_request_path = forms.CharField(max_length=500, required=False, widget=forms.HiddenInput)
    error_type = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    gateway_source = forms.ChoiceField(
        choices=[_ANY, ("apisix", "apisix"), ("backend", "backend")], required=False, widget=forms.HiddenInput
    )
    recurrent_request_id = forms.UUIDField(required=False, widget=forms.HiddenInput)

    #: Shown before the others are asked for.
    FIRST = ("status", "service_id", "text", "errors_only")

    def __init__(self, *args: Any, services: dict[UUID, str], keys: dict[UUID, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, offered in (("service_id", services), ("api_key_id", keys)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [_ANY, *((str(pk), label) for pk, label in offered.items())]
            asked = self.data.get(name, "")
            if asked and asked not in dict(field.choices):  # one that is gone can still be looked for
                field.choices = [*field.choices, (asked, asked)]

    @property
    def first(self) -> list[forms.BoundField]:
        return [self[name] for name in self.FIRST]

    @property
    def more(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if field.name not in self.FIRST]

    @property
    def has_more(self) -> bool:
        """Whether one of the others says something."""
        return any(field.value() for field in self.more)


class KeepingForm(forms.Form):
    """What is kept of every call, and for how long."""

    mode = forms.ChoiceField(choices=Mode.choices, widget=forms.RadioSelect, label="Of every call, keep")
    keep_days = forms.IntegerField(min_value=1, required=False, label="Days that calls are kept")
    keep_bodies_days = forms.IntegerField(min_value=1, required=False, label="Days that bodies are kept")

    def __init__(self, *args: Any, most_days: int, most_body_days: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, most in (("keep_days", most_days), ("keep_bodies_days", most_body_days)):
            field = self.fields[name]
            assert isinstance(field, forms.IntegerField)
            field.max_value = most
            field.widget.attrs["max"] = most
            field.validators.append(MaxValueValidator(most))
            field.help_text = f"At most {most}. Empty is as long as your plan gives."
