"""A form out of a JSON Schema, with or without JavaScript: enrollments and templates ask for their parameters by it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

from django.http import QueryDict

from domain.schema_forms import fields, names, posted
from domain.schema_forms.fields import Field
from domain.schema_forms.shapes import shape_of
from domain.schema_forms.values import Draft, Missing, filled
from marketplace.catalog.files.parameters import with_defaults

Json = dict[str, Any]
ROOT = "parameters"
_EMPTY: Json = {"type": "object", "properties": {}}


class SchemaForm(ABC):
    """Behaves like a Django form, as far as the pages need it. Subclasses say what is wrong with what was given.

    errors: sentences by the name of their control; "" for those of the whole form. parameters: what was given.
    """

    def __init__(
        self,
        schema: Mapping[str, Any],
        ui_schema: Mapping[str, Any] | None = None,
        data: QueryDict | None = None,
        given: Mapping[str, Any] | None = None,
    ) -> None:
        self._shape = shape_of(schema or _EMPTY, ui_schema)
        self._data = data
        self.is_bound = data is not None
        self.errors: dict[str, list[str]] = {}
        self.parameters: Json = {}
        self._value: Draft = with_defaults(schema, given or {})
        self._unreadable: Mapping[str, str] = {}
        self.is_edit = False
        if data is not None:
            self._read(dict(data.lists()))

    @abstractmethod
    def check(self, given: Json) -> Mapping[tuple[str | int, ...], list[str]]:
        """Return what is wrong with the values by its path; set `parameters` when nothing is."""

    def _read(self, data: Mapping[str, Any]) -> None:
        reading = posted.read(self._shape, data, name=ROOT)
        self._value = {} if isinstance(reading.value, Missing) else reading.value
        self._unreadable, self.is_edit = reading.unreadable, reading.is_edit
        if self.is_edit:
            return
        self.errors = {name: [sentence] for name, sentence in reading.problems.items()}
        given = filled(self._value)
        for path, sentences in self.check(given if isinstance(given, dict) else {}).items():
            self.errors.setdefault(names.at(ROOT, path) if path else "", sentences)

    def is_valid(self) -> bool:
        return self.is_bound and not self.is_edit and not self.errors

    def add_error(self, message: str) -> None:
        """Add a sentence about the whole form."""
        self.errors.setdefault("", []).append(message)

    @property
    def root(self) -> Field:
        """Return the tree of controls."""
        return fields.build(self._shape, self._value, name=ROOT, errors=self.errors, unreadable=self._unreadable)

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
