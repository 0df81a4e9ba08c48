"""Channels: the entries of an offering's `upstream_access_config`, each a way to the upstream."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from domain import response_rules
from domain.templating import SecretReference
from domain.transforming.errors import TransformerInvalid
from domain.transforming.transformer import read_transformer
from marketplace.catalog.files import vocabulary
from marketplace.catalog.files.access_requests import check_access_requests
from marketplace.catalog.files.addresses import check_base_url, check_scheme
from marketplace.catalog.files.fields import Field, boolean, list_of, mapping, one_of, text, whole_number
from marketplace.catalog.files.names import channel_name_problem
from marketplace.catalog.files.parameters import check_schema, property_names, required_names, required_without_value
from marketplace.catalog.files.problems import Findings, JsonObject, did_you_mean, masked, nearest, shown
from marketplace.catalog.files.rate_limits import check_channel_limits, check_constraints
from marketplace.catalog.files.templates import (
    Names,
    Usage,
    check_strings,
    host_reads_customer,
    parsed,
    strings,
)

ChannelType = Literal["enrollable", "byoe", "byok", "managed"]

#: Values of api_key that are no credentials: what the gateway does with the customer's own.
STRIP, FORWARD, SIGV4 = "__strip__", "__forward__", "__sigv4__"
DISPOSITIONS = ("", STRIP, FORWARD, SIGV4)
_SIGV4_FIELDS = ("access_key", "secret_key", "sigv4_service")
_CREDENTIAL_FIELDS = ("api_key", "secret_key", "password", "session_token")
_CREDENTIAL_HEADER = re.compile(
    r"(?:proxy-)?authorization\Z|x-api-key\Z|api-key\Z|.*[-_](?:token|secret|apikey)\Z", re.I
)
_TRANSFORMERS = ("proxy_rewrite", "body_transformer", "set_body", "llm_translator")
#: What stands in a channel for people or for the enrollment form, or reads answers: never rendered.
_NOT_RENDERED = frozenset({"params", "customer_access_requests", "raw", "description", "response_rules"})
_ADDRESS_FIELDS = ("base_url", "s3_endpoint", "host")

_FIELDS: dict[str, Field] = {
    "access_method": Field(one_of((*vocabulary.ACCESS_METHODS, *vocabulary.OTHER_ACCESS_METHODS))),
    "base_url": Field(text(2000)),
    "description": Field(text()),
    "routing_key": Field(mapping),
    "channel_rate_limit": Field(check_channel_limits),
    "customer_rate_limit": Field(check_channel_limits),
    "constraints": Field(check_constraints),
    "rate_limit_refs": Field(list_of(text(100), limit=100)),
    "ops_rate_limit_refs": Field(list_of(text(100), limit=100)),
    "is_active": Field(boolean),
    "is_primary": Field(boolean),
    "sort_order": Field(whole_number()),
    "applicable_interfaces": Field(list_of(text(200), limit=100)),
    "request_formats": Field(list_of(text(200), limit=100)),
    "request_transformer": Field(mapping),
    "response_rules": Field(mapping),
    "raw": Field(mapping),
    "customer_access_requests": Field(check_access_requests),
}
_PARAMS_FIELDS = ("schema", "ui_schema", "testing_defaults")


@dataclass(frozen=True, slots=True)
class Channel:
    """What is derived from a channel, never written by a seller.

    type: how a customer comes to use it. params: parameters that it reads. own_schema: parameters that it declares.
    """

    name: str
    type: ChannelType
    is_active: bool
    usage: Usage
    own_schema: JsonObject | None = None

    @property
    def seller_secrets(self) -> frozenset[str]:
        """Return the names of the seller's secrets that it needs or can use."""
        return frozenset(r.name for r in self.usage.secrets if r.owner == "seller" and r.name)

    @property
    def customer_secrets_required(self) -> tuple[str, ...]:
        """Return the names of the customer's secrets without which a call fails."""
        return _customer_names(self.usage.secrets, required=True)

    @property
    def customer_secrets_optional(self) -> tuple[str, ...]:
        """Return the names of the customer's secrets that have a default."""
        required = set(self.customer_secrets_required)
        return tuple(n for n in _customer_names(self.usage.secrets, required=False) if n not in required)

    @property
    def secret_parameters(self) -> tuple[str, ...]:
        """Return the parameters with which a customer chooses one of their secrets by name."""
        chosen = [r.name_template.path[-1] for r in self.usage.secrets if r.name_template is not None]
        return tuple(dict.fromkeys(chosen))


def _customer_names(references: tuple[SecretReference, ...], *, required: bool) -> tuple[str, ...]:
    names = [r.name for r in references if r.owner == "customer" and r.name and r.is_required is required]
    return tuple(sorted(set(names)))


def effective(channel: Mapping[str, Any]) -> JsonObject:
    """Return the channel with its literal block lifted: what stands there wins."""
    raw = channel.get("raw")
    return {key: value for key, value in channel.items() if key != "raw"} | (raw if isinstance(raw, dict) else {})


def check_channels(
    value: object, found: Findings, names: Names, *, forward_hosts: tuple[str, ...]
) -> tuple[Channel, ...]:
    """Check the channels and return what is derived from each.

    names: what templates may read. forward_hosts: suffixes of the platform's hosts, to which alone a customer's key may
    be passed on.
    """
    if not isinstance(value, dict):
        found.error(f"must be an object of name: channel (got {shown(value)})", type="type_error")
        return ()
    if not value:
        found.error("needs at least one channel", type="missing")
    some_declare = any(isinstance(c, dict) and c.get("params") is not None for c in value.values())
    checker = _ChannelChecker(names, forward_hosts, some_declare)
    return tuple(checker.check(name, channel, found.at(name)) for name, channel in value.items())


@dataclass(frozen=True, slots=True)
class _ChannelChecker:
    names: Names
    forward_hosts: tuple[str, ...]
    channels_declare_params: bool

    def check(self, name: str, channel: object, found: Findings) -> Channel:
        if problem := channel_name_problem(name):
            found.error(problem, type="name")
        if not isinstance(channel, dict):
            found.error(f"must be an object (got {shown(channel)})", type="type_error")
            return Channel(name, "managed", True, Usage())
        for key, spec in _FIELDS.items():
            if channel.get(key) is not None:
                spec.check(channel[key], found.at(key))
        _check_transformers(channel, found)
        _check_response_rules(channel, found)
        schema = self._check_params(channel, found)
        usage = self._check_templates(channel, found, schema)
        _check_address_fields(channel, found)
        _check_credentials(channel, found, self.forward_hosts)
        _check_secret_destination(channel, usage, found)
        is_active = channel.get("is_active") is not False
        return Channel(name, channel_type(channel, usage), is_active, usage, schema)

    def _check_params(self, channel: JsonObject, found: Findings) -> JsonObject | None:
        """Check the parameters that the channel itself declares; return their schema."""
        params = channel.get("params")
        if params is None:
            return None
        here = found.at("params")
        if not isinstance(params, dict):
            here.error('must be {"schema": …, "ui_schema": …, "testing_defaults": …}', type="type_error")
            return None
        for key in params:
            if key not in _PARAMS_FIELDS:
                here.at(key).error(f"unknown field{did_you_mean(key, _PARAMS_FIELDS)}", type="unknown_field")
        for key in ("ui_schema", "testing_defaults"):
            if params.get(key) is not None:
                mapping(params[key], here.at(key))
        schema = params.get("schema")
        if schema is None:
            here.at("schema").error("required", type="missing")
            return None
        if not check_schema(schema, here.at("schema")):
            return None
        defaults = params.get("testing_defaults")
        missing = required_without_value(schema, defaults if isinstance(defaults, dict) else {})
        if missing:
            here.error(f"required parameter(s) {', '.join(missing)} need a value in testing_defaults", type="missing")
        assert isinstance(schema, dict)
        return schema

    def _check_templates(self, channel: JsonObject, found: Findings, schema: JsonObject | None) -> Usage:
        names = self.names
        if self.channels_declare_params:
            names = Names(property_names(schema) | frozenset(required_names(schema)), names.routing_vars)
        usage = Usage()
        for key, item in channel.items():
            if key == "raw":
                usage |= check_strings(item, found.at(key), names, raw=True)
            elif key not in _NOT_RENDERED:
                usage |= check_strings(item, found.at(key), names)
        if self.channels_declare_params and schema is None and (usage.params or usage.reads_all_params):
            found.error("reads parameters, but declares none", "Declare them in its params.schema", type="params")
        return usage


def _check_transformers(channel: JsonObject, found: Findings) -> None:
    raw = channel.get("raw")
    for held, here, is_raw in ((channel, found, False), (raw, found.at("raw"), True)):
        if isinstance(held, dict) and held.get("request_transformer") is not None:
            _check_transformer(held["request_transformer"], here.at("request_transformer"), raw=is_raw)


def _check_transformer(value: object, found: Findings, *, raw: bool) -> None:
    """Check that the gateway can read what is to be changed, its expressions included."""
    try:
        transformer = read_transformer(value, raw=raw)
    except TransformerInvalid as error:
        found.at(*error.path).error(error.message.rstrip("."), error.fix.rstrip("."), type="transformer")
        return
    for key in transformer.unknown:
        if key == "msg_transformer":
            # what it would change is the message itself: without it the upstream gets something else than was meant
            found.at(key).error(
                "this gateway does not carry it", "Make the upstream's body with body_transformer", type="unsupported"
            )
        else:
            hint = did_you_mean(key, _TRANSFORMERS)
            found.at(key).warning(f"unknown transformer, stored and not applied{hint}", type="unknown_field")


def _check_response_rules(channel: JsonObject, found: Findings) -> None:
    """Check that the gateway can read every rule: one that it passed over would charge customers for failures."""
    for problem in response_rules.read(effective(channel).get("response_rules"))[1]:
        found.at("response_rules", *problem.path).error(problem.message, problem.fix, type="response_rule")


# -- addresses ---------------------------------------------------------------------------------------------------------


def _check_address_fields(channel: JsonObject, found: Findings) -> None:
    lifted = effective(channel)
    method = lifted.get("access_method") or "http"
    if not any(lifted.get(key) for key in (*_ADDRESS_FIELDS, "servers")) and lifted.get("storage_type") is None:
        field = "host" if method == "smtp" else "base_url"
        found.at(field).error("required", "It is the address of the upstream", type="missing")
    for key in ("base_url", "s3_endpoint"):
        value = channel.get(key)
        if isinstance(value, str) and value:
            check_base_url(value, found.at(key))
    check_scheme(method, lifted.get("base_url"), found.at("base_url"))


def channel_type(channel: Mapping[str, Any], usage: Usage) -> ChannelType:
    """Return how a customer comes to use the channel: the first of the list that applies."""
    if usage.is_per_enrollment:
        return "enrollable"
    customer = [r for r in usage.secrets if r.owner == "customer"]
    if not customer:
        return "managed"
    lifted = effective(channel)
    # where there is no base_url, a mail or storage channel's address stands in a field of its own
    address_fields = ("base_url",) if lifted.get("base_url") else _ADDRESS_FIELDS
    in_address = {
        reference.raw
        for key in address_fields
        if isinstance(lifted.get(key), str) and (template := parsed(lifted[key], Findings(), raw=True))
        for reference in template.secrets
        if reference.owner == "customer"
    }
    return "byoe" if in_address else "byok"


# -- credentials -------------------------------------------------------------------------------------------------------


def _check_credentials(channel: JsonObject, found: Findings, forward_hosts: tuple[str, ...]) -> None:
    servers = channel.get("servers")
    pool = [(server, found.at("servers", i)) for i, server in enumerate(servers)] if isinstance(servers, list) else []
    for held, here in ((channel, found), (channel.get("raw"), found.at("raw")), *pool):
        if not isinstance(held, dict):
            continue
        for key in _CREDENTIAL_FIELDS:
            if held.get(key) is not None:
                check_credential(held[key], here.at(key), dispositions=key == "api_key")
        _check_headers(held.get("headers"), here.at("headers"))
    _check_transformed_headers(effective(channel), found)
    disposition = effective(channel).get("api_key")
    if disposition == SIGV4:
        _check_sigv4(effective(channel), found.at("api_key"))
    elif disposition == FORWARD:
        _check_forward(effective(channel), found.at("api_key"), forward_hosts)


def check_credential(value: object, found: Findings, *, dispositions: bool = False) -> None:
    """Check that a credential is a reference or a template, never the thing itself."""
    if not isinstance(value, str):
        found.error("must be text such as ${ secrets.NAME }", type="type_error")
    elif (value in DISPOSITIONS if dispositions else value == "") or "{{" in value:
        return
    elif not _names_secret(value):
        found.error(
            f"never a literal key (got '{masked(value)}')",
            "Create a secret and write ${ secrets.NAME }",
            type="literal_credential",
        )


def _names_secret(value: str) -> bool:
    template = parsed(value, Findings(), raw=True)
    # a malformed reference is told where all templates are checked
    return template is None or bool(template.secrets)


def _check_headers(headers: object, found: Findings) -> None:
    for name, value in headers.items() if isinstance(headers, dict) else ():
        if _CREDENTIAL_HEADER.match(name) and isinstance(value, str):
            check_credential(value, found.at(name))


def _check_transformed_headers(channel: JsonObject, found: Findings) -> None:
    here, value = found, channel
    for key in ("request_transformer", "proxy_rewrite", "headers"):
        inner = value.get(key)
        if not isinstance(inner, dict):
            return
        here, value = here.at(key), inner
    for verb in ("set", "add"):
        _check_headers(value.get(verb), here.at(verb))


def _check_sigv4(channel: JsonObject, found: Findings) -> None:
    missing = [name for name in _SIGV4_FIELDS if not (isinstance(channel.get(name), str) and channel[name].strip())]
    if missing:
        needed = "access_key, secret_key and sigv4_service"
        found.error(f"'{SIGV4}' needs {needed} (missing: {', '.join(missing)})", type="missing")


def _check_forward(channel: JsonObject, found: Findings, forward_hosts: tuple[str, ...]) -> None:
    host = _literal_host(channel.get("base_url"))
    if not any(host == suffix.lstrip(".") or host.endswith("." + suffix.lstrip(".")) for suffix in forward_hosts):
        got = f"got {shown(host)}" if host else "the address has no literal host"
        found.error(
            f"'{FORWARD}' passes the customer's key on, which only platform hosts may see ({got})",
            "Use ${ secrets.NAME } or __strip__",
            type="forward",
        )


def _literal_host(address: object) -> str:
    if not isinstance(address, str):
        return ""
    template = parsed(address, Findings())
    first = template.parts[0] if template and template.parts else ""
    authority = first.partition("://")[2] if isinstance(first, str) else ""
    if template is None or not authority or ("/" not in authority and not template.is_constant):
        return ""
    try:
        return (urlsplit(first if isinstance(first, str) else "").hostname or "").lower()
    except ValueError:
        return ""


def _check_secret_destination(channel: JsonObject, usage: Usage, found: Findings) -> None:
    """A seller's secret goes only to hosts that the seller wrote."""
    names = sorted({r.name for r in usage.secrets if r.owner == "seller" and r.name})
    lifted = effective(channel)
    for key in _ADDRESS_FIELDS:
        value = lifted.get(key)
        template = parsed(value, Findings()) if isinstance(value, str) else None
        if names and template is not None and host_reads_customer(template):
            found.at(key).error(
                f"the customer chooses the host, and your secret {shown(names[0])} would be sent there",
                "Write the host literally, or use ${ customer_secrets.NAME }",
                type="secret_destination",
            )


def check_references(channels: tuple[Channel, ...], config: object, found: Findings, known: frozenset[str]) -> None:
    """Check that every seller's secret that a channel names exists. known: the names of the seller's secrets."""
    for channel in channels:
        body = config.get(channel.name) if isinstance(config, dict) else None
        for here, value in strings(body, found.at(channel.name)):
            template = parsed(value, Findings(), raw=True)
            for reference in template.secrets if template else ():
                name = reference.name or ""
                if reference.owner == "seller" and name not in known and reference.is_required:
                    near = nearest(name, known)
                    here.error(
                        f"secret '{name}' does not exist in your account",
                        f"Did you mean {near}?" if near else "",
                        type="missing_secret",
                    )
