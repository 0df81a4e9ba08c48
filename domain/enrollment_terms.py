"""What a customer agrees to when enrolling: how many at once, which parameters, which secrets go where.

Read from a seller's normalised files; whatever there is of an unexpected form counts as not said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from domain.templating import (
    Component,
    SecretReference,
    Template,
    TemplateError,
    parse,
    render,
    secret_references,
)

#: A part of a file: JSON, as its seller wrote it.
File: TypeAlias = Mapping[str, Any]

#: Where a schema keeps what it refers to.
_DEFINITIONS = ("$defs", "definitions")
_ADDRESS_KEYS = ("base_url", "host", "s3_endpoint")
_STANDS_FOR_UNKNOWN = "not-known-yet"
_STANDS_FOR_SECRET = "secret"  # noqa: S105  what an address is read with in place of a secret


@dataclass(frozen=True, slots=True)
class Limits:
    """How many active enrollments a service takes. None: as many as come."""

    per_customer: int | None
    per_user: int | None
    overall: int | None


@dataclass(frozen=True, slots=True)
class ParameterForm:
    """The parameters that an enrollment asks for, as JSON Schema, and how its form looks."""

    schema: File
    ui_schema: File

    @property
    def is_empty(self) -> bool:
        return not self.schema.get("properties") and not self.schema.get("required")


@dataclass(frozen=True, slots=True)
class Destination:
    """One customer secret and the host that it is sent to.

    secret: "" while a parameter has yet to name it. chosen_by: that parameter, or "".
    host: lower case without port; `${ customer_secrets.NAME }` when the customer's own secret holds the address;
    "" when the address is not known yet.
    """

    secret: str
    chosen_by: str
    host: str
    is_required: bool


def limits(listing: File) -> Limits:
    """Return the limits of `service_options.enrollment`. Anything but a positive integer is no limit."""
    options = _mapping(_mapping(listing.get("service_options")).get("enrollment"))
    return Limits(
        per_customer=_positive(options.get("limit_per_customer")),
        per_user=_positive(options.get("limit_per_user")),
        overall=_positive(options.get("limit")),
    )


def is_global(listing: File) -> bool:
    """Return whether codes must be unique among all customers."""
    return bool(_mapping(_mapping(listing.get("service_options")).get("enrollment")).get("scope") == "global")


def parameter_form(listing: File, offering: File) -> ParameterForm:
    """Return the listing's parameters, or those that the channels declare; the first of a name wins."""
    if schema := _mapping(listing.get("user_parameters_schema")):
        return ParameterForm(schema, _mapping(listing.get("user_parameters_ui_schema")))
    declared = [_mapping(channel.get("params")) for _, channel in active_channels(offering)]
    forms = [each for each in declared if _mapping(each.get("schema"))]
    if len(forms) == 1:
        return ParameterForm(forms[0]["schema"], _mapping(forms[0].get("ui_schema")))
    return _merged(forms)


def _merged(forms: list[File]) -> ParameterForm:
    properties: dict[str, Any] = {}
    ui_schema: dict[str, Any] = {}
    definitions: dict[str, Any] = {}
    required: list[Any] = []
    for form in forms:
        for word in _DEFINITIONS:
            if own := _mapping(form["schema"].get(word)):
                definitions[word] = {**own, **definitions.get(word, {})}
        properties = {**_mapping(form["schema"].get("properties")), **properties}
        ui_schema = {**_mapping(form.get("ui_schema")), **ui_schema}
        names = form["schema"].get("required")
        required += [name for name in names if name not in required] if isinstance(names, list) else []
    if not properties:
        return ParameterForm({}, {})
    return ParameterForm({"type": "object", "properties": properties, "required": required, **definitions}, ui_schema)


def active_channels(offering: File) -> Iterator[tuple[str, File]]:
    """Return the channels that are in use, by name."""
    for name, channel in _mapping(offering.get("upstream_access_config")).items():
        if isinstance(channel, Mapping) and channel.get("is_active") is not False:
            yield name, channel


def destinations(offering: File, context: File) -> tuple[Destination, ...]:
    """Return where the customer's secrets go, each pair once.

    context: `params`, `enrollment`, `routing_vars`, `service_name` as templates see them. Without `params`, a secret
    that a parameter names stands with that parameter.
    """
    found: dict[tuple[str, str, str], Destination] = {}
    for _, channel in active_channels(offering):
        host = _host(channel, context)
        for reference in customer_secrets(channel):
            each = _destination(reference, host, context)
            key = (each.secret, each.chosen_by, each.host)
            if (each.secret or each.chosen_by) and (key not in found or each.is_required):
                found[key] = each
    return tuple(sorted(found.values(), key=lambda each: (each.secret, each.chosen_by, each.host)))


def _destination(reference: SecretReference, host: str, context: File) -> Destination:
    if reference.name is not None:
        return Destination(reference.name, "", host, reference.is_required)
    chosen_by = reference.name_template.path[-1] if reference.name_template else ""
    if "params" not in context:
        return Destination("", chosen_by, host, reference.is_required)
    return Destination(_chosen_name(reference, context), "", host, reference.is_required)


def _chosen_name(reference: SecretReference, context: File) -> str:
    assert reference.name_template is not None
    written = reference.raw[reference.raw.index("{{") : reference.raw.index("}}") + 2]
    try:
        return render(parse(written), context, component=Component.PLAIN)
    except TemplateError:
        return ""


def _host(channel: File, context: File) -> str:
    """Return the host of a channel's address. What is to be taken literally wins over its siblings."""
    lifted = {**channel, **_mapping(channel.get("raw"))}
    for key in _ADDRESS_KEYS:
        address = lifted.get(key)
        if isinstance(address, str) and address:
            return _host_of(address, context)
    return ""


def _host_of(address: str, context: File) -> str:
    try:
        template = parse(address)
        if (secret := _secret_in_host(template)) is not None:
            name = secret.name or _chosen_name(secret, context)
            return f"${{ customer_secrets.{name} }}" if name else ""
        known = {"params": _Unknown(), "enrollment": _Unknown(), **context}
        rendered = render(template, known, component=Component.URL, secrets=lambda _owner, _name: _STANDS_FOR_SECRET)
    except TemplateError:
        return ""
    try:
        host = (urlsplit(rendered if "://" in rendered else f"//{rendered}").hostname or "").lower()
    except ValueError:
        return ""
    return "" if _STANDS_FOR_UNKNOWN in host else host


class _Unknown(dict[str, str]):
    """What an enrollment will give: every name has a value, and none is known yet."""

    def get(self, key: str, default: object = None) -> Any:
        return _STANDS_FOR_UNKNOWN


def _secret_in_host(template: Template) -> SecretReference | None:
    """Return the customer secret that the host is made of, if one is."""
    places = {Component.ADDRESS, Component.HOST, Component.LABEL}
    for part, place in zip(template.parts, template.components, strict=True):
        if isinstance(part, SecretReference) and part.owner == "customer" and place in places:
            return part
    return None


def customer_secrets(value: object) -> Iterator[SecretReference]:
    """Return the references to the customer's secrets in every string of a channel."""
    if isinstance(value, str):
        try:
            yield from (each for each in secret_references(value) if each.owner == "customer")
        except TemplateError:
            return
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from customer_secrets(item)
    elif isinstance(value, list):
        for item in value:
            yield from customer_secrets(item)


def _mapping(value: object) -> File:
    return value if isinstance(value, Mapping) else {}


def _positive(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
