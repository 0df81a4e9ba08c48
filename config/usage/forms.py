"""Which usage a page shows. What the request logs ask for too has the same names there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

_MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
_ANY = ("", "Any")
BY = [("service", "Service"), ("key", "API key"), ("alias", "Called name")]
SHOWN = [("money", "Money"), ("calls", "Calls")]


class SalesForm(forms.Form):
    """Of a seller, who learns nothing of their customers. start_time, end_time: instead of the month."""

    month = forms.ChoiceField(required=False)
    show = forms.ChoiceField(choices=[("", "What there is"), *SHOWN], required=False)
    service_id = forms.TypedChoiceField(coerce=UUID, empty_value=None, required=False, label="Service")
    text = forms.CharField(max_length=200, required=False, label="In the name")
    errors_only = forms.BooleanField(required=False, label="Only failures")
    start_time = forms.DateTimeField(required=False, widget=_MOMENT, label="From")
    end_time = forms.DateTimeField(required=False, widget=_MOMENT, label="To")
    currency = forms.CharField(max_length=8, required=False, widget=forms.HiddenInput)

    #: Shown before the others are asked for.
    FIRST = ("month", "by", "show", "service_id")

    def __init__(self, *args: Any, months: list[tuple[str, str]], services: dict[UUID, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer("month", [("", "This month"), *months])
        self._offer("service_id", [_ANY, *((str(pk), name) for pk, name in services.items())])

    @property
    def first(self) -> list[forms.BoundField]:
        return [self[name] for name in self.FIRST if name in self.fields]

    @property
    def more(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if field.name not in self.FIRST]

    @property
    def has_more(self) -> bool:
        """Whether one of the others says something."""
        return any(field.value() for field in self.more)

    @property
    def picks(self) -> bool:
        """Whether some of what was counted is left out, beside what the numbers are asked for by."""
        return bool(self.cleaned_data.get("text") or self.cleaned_data.get("errors_only"))

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        asked = self.data.get(name, "")
        # one that is gone can still be looked for
        field.choices = choices if not asked or asked in dict(choices) else [*choices, (asked, asked)]


class UsageForm(SalesForm):
    """Of a customer."""

    by = forms.ChoiceField(choices=BY, required=False, label="Stacked by")
    api_key_id = forms.TypedChoiceField(coerce=UUID, empty_value=None, required=False, label="API key")
    alias = forms.CharField(max_length=80, required=False, label="Called name", help_text="Such as a/llm or g/pool.")

    def __init__(self, *args: Any, keys: dict[UUID, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.keys = {str(pk): name for pk, name in keys.items()}
        self._offer("api_key_id", [_ANY, *self.keys.items()])
