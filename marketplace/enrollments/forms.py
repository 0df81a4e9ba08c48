"""The form that enrolls in a service: its parameters out of the seller's JSON Schema, and the price that was shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.http import QueryDict

from domain.schema_forms import fields, names, posted
from domain.schema_forms.fields import Field
from domain.schema_forms.shapes import shape_of
from domain.schema_forms.values import Draft, Missing, filled
from marketplace.catalog.files.parameters import with_defaults
from marketplace.catalog.models import Service
from marketplace.enrollments import services

_ROOT = "parameters"


class EnrollForm:
    """Behaves like a Django form, as far as the pages need it.

    errors: sentences by the name of their control; "" for those of the whole form.
    """

    def __init__(self, service: Service, data: QueryDict | None = None) -> None:
        self.service = service
        form = services.parameter_form(service)
        self.has_parameters = not form.is_empty
        self._shape = shape_of(form.schema or {"type": "object", "properties": {}}, form.ui_schema)
        self._data = data
        self.is_bound = data is not None
        self.errors: dict[str, list[str]] = {}
        self.parameters: dict[str, Any] = {}
        self._value: Draft = with_defaults(form.schema, {})
        self._unreadable: Mapping[str, str] = {}
        self.is_edit = False
        if data is not None:
            self._read(dict(data.lists()))

    def _read(self, data: Mapping[str, Any]) -> None:
        reading = posted.read(self._shape, data, name=_ROOT)
        self._value = {} if isinstance(reading.value, Missing) else reading.value
        self._unreadable, self.is_edit = reading.unreadable, reading.is_edit
        if self.is_edit:
            return
        self.errors = {name: [sentence] for name, sentence in reading.problems.items()}
        given = filled(self._value)
        try:
            self.parameters = services.check_parameters(
                service=self.service, parameters=given if isinstance(given, dict) else {}
            )
        except services.ParametersInvalid as error:
            for path, sentences in error.by_path.items():
                self.errors.setdefault(names.at(_ROOT, path) if path else "", sentences)

    def is_valid(self) -> bool:
        return self.is_bound and not self.is_edit and not self.errors

    @property
    def accepted_price_id(self) -> UUID | None:
        """Return the price version that the page showed."""
        try:
            return UUID(str(self._data.get("price"))) if self._data is not None else None
        except ValueError:
            return None

    @property
    def chosen_plan(self) -> str:
        """Return what was chosen: the id of a plan, "none" to pay for each call, or "" for nothing yet."""
        return str(self._data.get("plan", "")) if self._data is not None else ""

    @property
    def plan_id(self) -> UUID | None:
        """Return the plan to subscribe to."""
        try:
            return UUID(self.chosen_plan)
        except ValueError:
            return None

    def add_error(self, message: str) -> None:
        """Add a sentence about the whole form."""
        self.errors.setdefault("", []).append(message)

    @property
    def root(self) -> Field:
        """Return the tree of controls."""
        return fields.build(self._shape, self._value, name=_ROOT, errors=self.errors, unreadable=self._unreadable)

    @property
    def lines(self) -> list[tuple[str, str]]:
        """Return (id of the control or "", sentence) for the summary, in the order of the page."""
        shown = list(_walk(self.root))
        lines = [(each.name, f"{each.label}: {text}") for each in shown for text in each.errors]
        told = {text for each in shown for text in each.errors}
        rest = [text for texts in self.errors.values() for text in texts if text not in told]
        return [("", text) for text in rest] + lines


def _walk(field: Field) -> Iterator[Field]:
    yield field
    for child in field.children:
        yield from _walk(child)
