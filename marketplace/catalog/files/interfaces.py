"""Interfaces: the entries of a listing's `user_access_interfaces`, each an address that a customer calls."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from marketplace.catalog.files import vocabulary
from marketplace.catalog.files.fields import (
    COLUMN_MAXIMUM,
    Field,
    boolean,
    check_object,
    mapping,
    one_of,
    required_text,
    text,
    whole_number,
)
from marketplace.catalog.files.names import MCP_NAMESPACE, S3_ALIAS, SLUG, service_name_problem
from marketplace.catalog.files.problems import Findings, JsonObject, shown
from marketplace.catalog.files.templates import Names, Usage, check_strings

GATEWAYS = {
    "${API_GATEWAY_BASE_URL}": "http",
    "${S3_GATEWAY_BASE_URL}": "s3",
    "${SMTP_GATEWAY_BASE_URL}": "smtp",
    "${MCP_GATEWAY_BASE_URL}": "mcp",
    "${SSH_GATEWAY_BASE_URL}": "ssh",
}
API_GATEWAY, S3_GATEWAY, SMTP_GATEWAY, MCP_GATEWAY, SSH_GATEWAY = GATEWAYS
ENROLLMENT_CODE = re.compile(r"\{\{-?\s*enrollment\.code\s*-?\}\}\Z")
_TEMPLATE = re.compile(r"\{\{.*?\}\}")

_NAME_LIMIT = 255
#: Of a routing key, written as JSON: it is a part of the address.
_ROUTING_KEY_LIMIT = 800


def _routing_key(value: object, found: Findings) -> None:
    mapping(value, found)
    if (length := len(json.dumps(value))) > _ROUTING_KEY_LIMIT:
        found.error(f"at most {_ROUTING_KEY_LIMIT} characters as JSON (got {length})", type="too_long")


_FIELDS = {
    "access_method": Field(one_of((*vocabulary.ACCESS_METHODS, *vocabulary.OTHER_ACCESS_METHODS))),
    "base_url": Field(required_text(500), required=True),
    "description": Field(text(500)),
    "routing_key": Field(_routing_key),
    "is_active": Field(boolean),
    "is_primary": Field(boolean),
    "sort_order": Field(whole_number(maximum=COLUMN_MAXIMUM)),
}


@dataclass(frozen=True, slots=True)
class Interface:
    """What is derived from an interface. gateway: http, s3, smtp, mcp or ssh; "" when the address names none."""

    name: str
    gateway: str
    is_active: bool
    usage: Usage

    @property
    def is_per_enrollment(self) -> bool:
        """Return whether each enrollment has an interface of its own, made from this one."""
        return self.usage.is_per_enrollment


def check_interfaces(value: object, found: Findings, names: Names) -> tuple[Interface, ...]:
    """Check the interfaces and return what is derived from each."""
    if not isinstance(value, dict):
        found.error(f"must be an object of name: interface (got {shown(value)})", type="type_error")
        return ()
    if not value:
        found.error("needs at least one interface", type="missing")
    return tuple(_check_interface(name, interface, found.at(name), names) for name, interface in value.items())


def _check_interface(name: str, interface: object, found: Findings, names: Names) -> Interface:
    if not SLUG.match(name):
        found.error("an interface's name is lowercase letters, digits, '-' and '_'", type="name")
    elif len(name) > _NAME_LIMIT:
        found.error(f"an interface's name has at most {_NAME_LIMIT} characters (got {len(name)})", type="name")
    if not check_object(interface, _FIELDS, found):
        return Interface(name, "", True, Usage())
    assert isinstance(interface, dict)
    usage = check_strings({k: v for k, v in interface.items() if k != "description"}, found, names)
    if usage.secrets:
        found.error("an interface holds no secrets", "Put the reference into a channel of the offering", type="secret")
    gateway = ""
    base_url = interface.get("base_url")
    if isinstance(base_url, str) and base_url.strip():
        gateway = _check_base_url(base_url, interface, found)
    return Interface(name, gateway, interface.get("is_active") is not False, usage)


def _check_base_url(base_url: str, interface: JsonObject, found: Findings) -> str:
    placeholder = next((p for p in GATEWAYS if base_url == p or base_url.startswith(p + "/")), None)
    here = found.at("base_url")
    if placeholder is None:
        here.error(
            f"must start with a gateway placeholder (got {shown(base_url)})",
            f"Write it like {API_GATEWAY}/…",
            type="gateway",
        )
        if interface.get("access_method") == "mcp":
            _check_mcp(base_url, interface, found)
        return ""
    path = base_url[len(placeholder) + 1 :]
    if placeholder == MCP_GATEWAY or interface.get("access_method") == "mcp":
        _check_mcp(base_url, interface, found)
    elif placeholder == API_GATEWAY:
        _check_api_path(path, here)
    elif placeholder == S3_GATEWAY:
        _check_s3_alias(path, here)
    elif placeholder == SMTP_GATEWAY:
        _check_smtp(path, interface, found)
    return GATEWAYS[placeholder]


# -- the API gateway ---------------------------------------------------------------------------------------------------


def _check_api_path(path: str, found: Findings) -> None:
    # a value is one or more characters of its segment; which ones is only known later
    literal = _TEMPLATE.sub("xx", path)
    if "?" in literal or "#" in literal or not literal.isprintable() or " " in literal or "\\" in literal:
        found.error("an address holds a path only: no blanks, no '?', no '#'", type="gateway")
        return
    segments = literal.rstrip("/").split("/") if literal.rstrip("/") else []
    if any(segment in {"", ".", ".."} for segment in segments):
        found.error("an empty segment, '.' or '..' in the path", type="gateway")
    elif segments and len(segments[0]) == 1:
        _check_prefix(segments[0], "/".join(segments[1:]), found)


def _check_prefix(prefix: str, rest: str, found: Findings) -> None:
    match prefix:
        case "e":
            found.error(
                "'/e/' is reserved", "Every enrollment is reachable at /e/<code> without any interface", type="gateway"
            )
        case "a" | "p" if not rest:
            found.error(f"'/{prefix}' must be followed by a name", type="gateway")
        case "a" | "p":
            if problem := service_name_problem(rest):
                found.error(problem, type="gateway")
        case _:
            found.error(
                f"'/{prefix}/' is a one-letter gateway prefix",
                f"Use {API_GATEWAY}/{{{{ service_name }}}} or {API_GATEWAY}/a/<alias>",
                type="gateway",
            )


# -- the other gateways ------------------------------------------------------------------------------------------------


def _check_s3_alias(path: str, found: Findings) -> None:
    alias = path.removesuffix("/")
    if ENROLLMENT_CODE.match(alias):
        return
    if "{{" in alias:
        found.error("the bucket is a literal name, or exactly {{ enrollment.code }}", type="gateway")
    elif not S3_ALIAS.match(alias):
        found.error(
            f"not an S3 bucket name (got {shown(alias)})",
            "3 to 63 lowercase letters, digits and '-', a letter or digit at both ends",
            type="gateway",
        )
    elif alias.startswith("xn--") or alias.endswith(("-s3alias", "--ol-s3")):
        found.error(f"S3 reserves this form of a bucket name (got {shown(alias)})", "Choose another", type="gateway")


def _check_smtp(path: str, interface: JsonObject, found: Findings) -> None:
    if path:
        found.at("base_url").error("the SMTP gateway has no path", "Use routing_key.username", type="gateway")
    _check_routing_key(interface, "username", "the SMTP gateway", found)


def _check_mcp(base_url: str, interface: JsonObject, found: Findings) -> None:
    if interface.get("access_method") != "mcp":
        found.at("access_method").error(
            f"must be mcp for the MCP gateway (got {shown(interface.get('access_method'))})", type="gateway"
        )
    if base_url != MCP_GATEWAY:
        found.at("base_url").error(
            f"must be exactly {MCP_GATEWAY} (got {shown(base_url)})", "Use routing_key.namespace", type="gateway"
        )
    namespace = _check_routing_key(interface, "namespace", "the MCP gateway", found)
    if namespace and not MCP_NAMESPACE.match(namespace):
        found.at("routing_key", "namespace").error(
            f"at most 24 lowercase letters, digits and '_', a letter or digit first (got {shown(namespace)})",
            type="gateway",
        )


def _check_routing_key(interface: JsonObject, key: str, whose: str, found: Findings) -> str:
    routing_key = interface.get("routing_key")
    value = routing_key.get(key) if isinstance(routing_key, dict) else None
    if isinstance(value, str) and value:
        return value
    found.at("routing_key", key).error(f"required for {whose}", type="missing")
    return ""
