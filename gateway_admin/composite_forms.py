"""Input about chains and broadcasts: a form for the whole, and rows for its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django import forms
from django.forms.fields import InvalidJSONInput
from django.http import QueryDict

from common.errors import DomainError
from gateway_admin import named
from gateway_admin.named_pages import PathField, refuse
from gateway_admin.rows import NamedRow

Content = TypeVar("Content")
#: Rows that a form offers beside those that are there.
_SPARE, _MOST_ROWS = 2, 20
#: What has the names of rows inside.
_COMPOSITES = {"chain", "broadcast"}


class PartForm(forms.Form):
    """A part: a step, or a target. names: of all parts that are typed or there. Kinds add `sort_order` and the rest."""

    name = forms.CharField(max_length=64, widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off"}))
    target_path = PathField(label="Calls")

    def __init__(self, *args: Any, names: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = names


@dataclass(frozen=True, slots=True)
class PartForms(Generic[Content]):
    """The rows of a form. noun: of a part; with an "s" it names the rows, the parts of a whole, and what services take.

    content: makes of what is typed in a row what services take.
    """

    noun: str
    form: type[PartForm]
    content: Callable[..., Content]

    @property
    def name(self) -> str:
        return f"{self.noun}s"

    def rows(self, data: QueryDict | None = None, *, whole: NamedRow | None = None) -> forms.BaseFormSet[PartForm]:
        """Return the rows of what was typed, or of what is there, or of a new one with spare rows."""
        parts = list(getattr(whole, self.name).all()) if whole else []
        initial = [
            {**{field: getattr(each, field) for field in self.form.base_fields}, "sort_order": place}
            for place, each in enumerate(parts, start=1)
        ]
        names = [each.name for each in parts] if data is None else _names(_rows_typed(data, self.name, self.form))
        return self._rows(names, data=data, initial=initial)

    def more_rows(self, data: QueryDict) -> forms.BaseFormSet[PartForm]:
        """Return the rows that were typed so far and two more."""
        initial = _rows_typed(data, self.name, self.form)
        return self._rows(_names(initial), initial=initial)

    def contents(self, rows: forms.BaseFormSet[PartForm]) -> list[Content]:
        """Return what valid rows say, in their order."""
        return [
            self.content(**{**{field: row.cleaned_data[field] for field in self.form.base_fields}, "sort_order": place})
            for place, row in _placed(rows)
        ]

    def _rows(self, names: list[str], **given: Any) -> forms.BaseFormSet[PartForm]:
        row_set = forms.formset_factory(
            self.form,
            extra=_SPARE,
            can_delete=True,
            max_num=_MOST_ROWS,
            absolute_max=_MOST_ROWS,
            can_delete_extra=False,
        )
        return row_set(prefix=self.name, form_kwargs={"names": names}, **given)


def refuse_row(form: forms.Form, rows: forms.BaseFormSet[PartForm], error: DomainError) -> None:
    """Put a refusal where it belongs, as `refuse` does; that of a row's path or name at the first row that has it."""
    facts = {named.TargetInvalid: ("path", "target_path"), named.NameTaken: ("name", "name")}
    fact, field = facts.get(type(error), ("", ""))
    said = error.facts.get(fact)
    if not (field == "name" and error.facts.get("what") in _COMPOSITES):
        for row in _filled(rows):
            if said is not None and str(row.cleaned_data.get(field, ""))[:120] == said:
                row.add_error(field, error.message)
                return
    refuse(form, error)


def summary(form: forms.Form, rows: forms.BaseFormSet[PartForm], what: str) -> list[tuple[str, str]]:
    """Return what is wrong, as (id of the field or "", line): of the form first, then row by row."""
    if not form.is_bound:
        return []
    lines = _lines(form, "")
    lines += [("", str(message)) for message in rows.non_form_errors()]
    for place, row in enumerate(rows.forms, start=1):
        lines += _lines(row, f"{what} {place}, ")
    return lines


def _lines(form: forms.BaseForm, before: str) -> list[tuple[str, str]]:
    lines = [("", f"{before}{message}") for message in form.non_field_errors()]
    lines += [(bound.auto_id, f"{before}{bound.label}: {message}") for bound in form for message in bound.errors]
    return lines


def _names(rows: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(row["name"].strip()[:64] for row in rows if row["name"].strip()))


def _rows_typed(data: QueryDict, prefix: str, form: type[forms.Form]) -> list[dict[str, Any]]:
    """Return the rows that were typed so far, not yet judged; empty ones and those to be removed are left out."""
    rows = []
    for place in range(_MOST_ROWS):
        row = {name: data.get(f"{prefix}-{place}-{name}", "") for name in form.base_fields}
        is_kept = f"{prefix}-{place}-DELETE" not in data and (row["name"] or row["target_path"])
        if is_kept:
            rows.append({name: _as_typed(form.base_fields[name], text) for name, text in row.items()})
    return rows


def _as_typed(field: forms.Field, text: str) -> str:
    return InvalidJSONInput(text) if isinstance(field, forms.JSONField) else text


def _filled(rows: forms.BaseFormSet[PartForm]) -> list[forms.Form]:
    """Return the rows that count: filled in, and not ticked to be removed."""
    return [row for row in rows.forms if row.cleaned_data.get("name") and not row.cleaned_data.get("DELETE")]


def _placed(rows: forms.BaseFormSet[PartForm]) -> list[tuple[int, forms.Form]]:
    """Return the rows that count with their places from 1: by the order that was typed, those without one last."""
    ordered = sorted(
        _filled(rows), key=lambda row: (row.cleaned_data["sort_order"] is None, row.cleaned_data["sort_order"] or 0)
    )
    return list(enumerate(ordered, start=1))
