"""What the pages of aliases, collections, chains and broadcasts have in common: fields, refusals, addresses, rights."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.forms.fields import InvalidJSONInput
from django.http import QueryDict

from accounts.teams.access import MemberRequest
from accounts.teams.permissions import Permission, is_allowed
from common.errors import DomainError
from gateway_admin import named
from marketplace.catalog import queries as catalog
from marketplace.catalog.models import Gateway
from marketplace.catalog.snippets import PLACEHOLDER_KEY

#: Refusals of the services that a form shows.
REFUSALS = (
    named.NameInvalid,
    named.NameReserved,
    named.NameTaken,
    named.TargetInvalid,
    named.RoutingKeyInvalid,
    named.TooMany,
)
#: Rows that a form offers beside those that are there.
_SPARE, _MOST_ROWS = 2, 20
#: What has the names of rows inside.
_CONTAINERS = {"chain", "broadcast"}


class JsonField(forms.JSONField):
    """JSON on a line or more. A value that came from us is written as people type it."""

    default_error_messages = {"invalid": "Write it as JSON: names and texts in double quotes."}

    def prepare_value(self, value: Any) -> Any:
        written: Any = super().prepare_value(value)
        return "" if written == "null" else written


class RoutingKeyField(JsonField):
    """A routing key as people type it: {"model": "llama-3"}."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"class": "mono", "placeholder": '{"model": "llama-3"}', "autocomplete": "off"})
        super().__init__(**{"required": False, "widget": widget, **kwargs})

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is not None and not isinstance(value, dict):
            raise forms.ValidationError('Write a JSON object, such as {"model": "llama-3"}.')


class PathField(forms.CharField):
    """Where something leads, as in calls."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"class": "mono", "autocomplete": "off", "spellcheck": "false"})
        super().__init__(**{"max_length": 500, "widget": widget, **kwargs})


class OrderField(forms.IntegerField):
    """The place of a row among the others."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": -1000, "max_value": 1000, "required": False, "label": "Order", **kwargs})


class NameField(forms.CharField):
    """A name that stands in a path. It stays for ever."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"class": "mono", "autocomplete": "off", "spellcheck": "false"})
        help_text = "Lower-case letters, digits, “-” and “_”. It stays for ever."
        super().__init__(**{"max_length": 64, "widget": widget, "help_text": help_text, **kwargs})


def row_set(form: type[forms.Form]) -> type[forms.BaseFormSet[forms.Form]]:
    """Return a set of up to 20 rows with two spare ones; a row can be ticked to be removed."""
    return forms.formset_factory(
        form, extra=_SPARE, can_delete=True, max_num=_MOST_ROWS, absolute_max=_MOST_ROWS, can_delete_extra=False
    )


def rows_typed(data: QueryDict, prefix: str, form: type[forms.Form]) -> list[dict[str, Any]]:
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


def filled(rows: forms.BaseFormSet[forms.Form]) -> list[forms.Form]:
    """Return the rows that count: filled in, and not ticked to be removed."""
    return [row for row in rows.forms if row.cleaned_data.get("name") and not row.cleaned_data.get("DELETE")]


def placed(rows: forms.BaseFormSet[forms.Form]) -> list[tuple[int, forms.Form]]:
    """Return the rows that count with their places from 1: by the order that was typed, those without one last."""
    ordered = sorted(
        filled(rows), key=lambda row: (row.cleaned_data["sort_order"] is None, row.cleaned_data["sort_order"] or 0)
    )
    return list(enumerate(ordered, start=1))


def refuse(form: forms.Form, error: DomainError) -> None:
    """Put a refusal of a service where it belongs: at its field, or above the form."""
    fields = {
        named.NameInvalid: "name",
        named.NameReserved: "name",
        named.NameTaken: "name",
        named.TargetInvalid: "target_path",
        named.RoutingKeyInvalid: str(error.facts.get("field", "")),
    }
    field = fields.get(type(error), "")
    form.add_error(field if field in form.fields else None, error.message)


def refuse_row(form: forms.Form, rows: forms.BaseFormSet[forms.Form], error: DomainError) -> None:
    """The same where a path, a name or a key may be a row's: the error is put at the first row that has its value."""
    facts = {named.TargetInvalid: ("path", "target_path"), named.NameTaken: ("name", "name")}
    fact, field = facts.get(type(error), ("", ""))
    said = error.facts.get(fact)
    if not (field == "name" and error.facts.get("what") in _CONTAINERS):
        for row in filled(rows):
            if said is not None and str(row.cleaned_data.get(field, ""))[:120] == said:
                row.add_error(field, error.message)
                return
    refuse(form, error)


def summary(form: forms.Form, rows: forms.BaseFormSet[forms.Form], what: str) -> list[tuple[str, str]]:
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


def address(letter: str, name: str) -> str:
    """Return where something is called. ("a", "chat") -> "https://api.example/a/chat"."""
    return f"{catalog.gateway_url(Gateway.API)}/{letter}/{name}"


def calling(letter: str, name: str) -> dict[str, str]:
    """Return how something is called: path, address, and a line for the shell."""
    where = address(letter, name)
    body = json.dumps({"messages": [{"role": "user", "content": "Hello"}]})
    curl = (
        f'curl "{where}/v1/chat/completions" \\\n  -H "Authorization: Bearer {PLACEHOLDER_KEY}" \\\n'
        f"  -H \"Content-Type: application/json\" \\\n  -d '{body}'"
    )
    return {"path": f"{letter}/{name}", "address": where, "curl": curl}


def rights(request: MemberRequest) -> dict[str, bool]:
    """Return what the template asks before it offers something."""
    return {"may_manage": is_allowed(request.membership.role, Permission.MANAGE_ROUTING)}
