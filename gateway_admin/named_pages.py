"""What the pages of aliases, collections, chains and broadcasts have in common: fields, refusals, addresses, rights."""

from __future__ import annotations

import json
from typing import Any

from django import forms

from accounts.teams.access import MemberRequest
from accounts.teams.permissions import Permission, is_allowed
from common.errors import DomainError
from domain import json_texts
from domain.schema_forms.problems import unstorable
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


class _Storable(json.JSONDecoder):
    """Reads what can be stored and shown again; anything else is no JSON to the forms."""

    def decode(self, text: str, *_: Any) -> Any:
        try:
            found = json_texts.read(text)
        except ValueError as error:
            raise json.JSONDecodeError(str(error), text, 0) from error
        if unstorable(found):
            raise json.JSONDecodeError("A character cannot be stored.", text, 0)
        return found


class JsonField(forms.JSONField):
    """JSON on a line or more. A value that came from us is written as people type it."""

    default_error_messages = {"invalid": "Write it as JSON: names and texts in double quotes."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(decoder=_Storable, **kwargs)

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
