"""The templates that sellers write: `{{ params.city }}`, `{{ x.y | default("z") }}`, `${ secrets.NAME }`.

A closed language of our own, parsed to a tree once and rendered by walking it: no attribute access, no calls, no
control flow. A value that is put in is never read again as a template, so a customer's parameter cannot smuggle in
`${ secrets.X }`. Every value is encoded for the place that it stands in (`Component`).
Platform placeholders such as `${API_GATEWAY_BASE_URL}` are literal text here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from domain.template_syntax import (
    Expression,
    Owner,
    Part,
    SecretReference,
    Template,
    TemplateError,
    TemplateSyntaxError,
    parse,
    secret_references,
)
from domain.url_components import Component, UnsafeValue, encode

__all__ = [
    "Component",
    "Expression",
    "MissingSecret",
    "OutputTooLong",
    "Owner",
    "SecretReference",
    "Template",
    "TemplateError",
    "TemplateSyntaxError",
    "UnknownName",
    "ValueNotAllowed",
    "parse",
    "render",
    "resolve_secrets",
    "secret_references",
]

MAX_OUTPUT_BYTES = 8_192
#: What a block taken literally may grow to: its text is the seller's, only secrets are put in.
MAX_RESOLVED_BYTES = 131_072

#: Gives a secret's value, or None when the owner has no secret of that name.
SecretLookup = Callable[[Owner, str], str | None]
_IS_SECRET_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}\Z")


class UnknownName(TemplateError):
    """The context has no such name, and the template no default for it."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"'{name}' has no value here.")


class MissingSecret(TemplateError):
    """The owner has no such secret, and the reference no default."""

    def __init__(self, owner: Owner, name: str) -> None:
        self.owner, self.name = owner, name
        super().__init__(f"The {owner} has no secret named '{name}'.")


class ValueNotAllowed(TemplateError):
    """A value that does not fit its place, such as a slash in a host name."""


class OutputTooLong(TemplateError):
    """The rendered text passes the limit."""


def render(
    template: Template,
    context: Mapping[str, object],
    *,
    component: Component,
    secrets: SecretLookup | None = None,
) -> str:
    """Return the text with every value put in, encoded for `component`.

    context: plain dicts below the roots `params`, `enrollment`, `routing_vars`, `service_name`.
    secrets: gives a secret's value, or None when the owner has none; without it a secret reference is refused.
    Raises: UnknownName, MissingSecret, ValueNotAllowed, OutputTooLong.
    """
    if template.is_constant:
        return template.text
    rendered = []
    for index, part in enumerate(template.parts):
        if isinstance(part, str):
            rendered.append(part)
            continue
        place = template.components[index] if component is Component.URL else component
        value = _put_in(part, context, place, secrets)
        if place is Component.ADDRESS:
            value = _joined(value, template.parts[index + 1 :])
        rendered.append(value)
    return _within("".join(rendered), MAX_OUTPUT_BYTES)


def resolve_secrets(
    text: str,
    lookup: SecretLookup,
    context: Mapping[str, object] | None = None,
    *,
    component: Component = Component.PLAIN,
) -> str:
    """Return `text` with its secret references replaced; nothing else in it is read as a template.

    context: for names chosen by a parameter. component: JSON inside a JSON body template.
    Raises: TemplateSyntaxError, UnknownName, MissingSecret, ValueNotAllowed, OutputTooLong.
    """
    template = parse(text, raw=True)
    if template.is_constant:
        return text
    pieces = [
        part if isinstance(part, str) else _put_in(part, context or {}, component, lookup) for part in template.parts
    ]
    return _within("".join(pieces), MAX_RESOLVED_BYTES)


def _put_in(
    part: Expression | SecretReference,
    context: Mapping[str, object],
    component: Component,
    secrets: SecretLookup | None,
) -> str:
    if isinstance(part, Expression) and part.as_json:
        return _as_json(part, context, component)
    text = _text(part, context) if isinstance(part, Expression) else _secret_value(part, context, secrets)
    try:
        return encode(text, component)
    except UnsafeValue as error:
        what = part.name if isinstance(part, Expression) else "a secret"
        raise ValueNotAllowed(f"The value of {what} does not fit here. {error.message}") from None


def _joined(address: str, rest: tuple[Part, ...]) -> str:
    """Let a literal path follow an address that came as a value."""
    if not rest:
        return address
    if "?" in address:
        raise ValueNotAllowed("The address that was given must not have a query, because a path follows it.")
    return address.rstrip("/") if isinstance(rest[0], str) and rest[0].startswith("/") else address


def _value(path: tuple[str, ...], context: Mapping[str, object]) -> object:
    """Return what stands in the plain dicts at `path`, or None."""
    value = context.get(path[0])
    for name in path[1:]:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def _text(expression: Expression, context: Mapping[str, object]) -> str:
    value = _value(expression.path, context)
    if value is None or (value == "" and expression.default_when_empty):
        if expression.default is None:
            raise UnknownName(expression.name)
        return expression.default
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        raise ValueNotAllowed(f"{expression.name} holds several values. Write {{{{ {expression.name} | tojson }}}}.")
    return str(value)


def _as_json(expression: Expression, context: Mapping[str, object], component: Component) -> str:
    if component not in {Component.JSON, Component.PLAIN}:
        raise ValueNotAllowed(f"{expression.name} | tojson fits only into a request body.")
    value = _value(expression.path, context)
    if value is None and expression.default is None:
        raise UnknownName(expression.name)
    try:
        return json.dumps(expression.default if value is None else value, allow_nan=False, default=str)
    except (ValueError, RecursionError):
        raise ValueNotAllowed(f"{expression.name} cannot be written as JSON.") from None


def _secret_value(reference: SecretReference, context: Mapping[str, object], secrets: SecretLookup | None) -> str:
    if secrets is None:
        raise ValueNotAllowed("A secret cannot be used here.")
    name = reference.name if reference.name_template is None else _text(reference.name_template, context)
    value = secrets(reference.owner, name) if name and _IS_SECRET_NAME.match(name) else None
    if value is not None:
        return value
    if reference.default is None:
        raise MissingSecret(reference.owner, name or "")
    return reference.default


def _within(text: str, limit_bytes: int) -> str:
    if len(text) * 4 > limit_bytes and len(text.encode("utf-8", "surrogatepass")) > limit_bytes:
        raise OutputTooLong(f"The rendered text passes {limit_bytes} bytes.")
    return text
