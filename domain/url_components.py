"""Putting a value into an address, a header or JSON text without letting it change what stands around it."""

from __future__ import annotations

import json
import re
from enum import Enum
from urllib.parse import quote


class Component(Enum):
    """Where a value lands, and so what it may contain and how it is written."""

    PLAIN = "plain"
    URL = "url"  # a whole address: each value is encoded for the part of the address that it stands in
    ADDRESS = "address"  # the value is an absolute http(s) or ws(s) address
    HOST = "host"  # the value is the whole authority: a host name with or without a port
    LABEL = "label"  # the value is a part of the authority: one label
    PORT = "port"
    PATH = "path"  # one path segment, or a part of one
    QUERY = "query"  # the value of a query parameter
    HEADER = "header"
    JSON = "json"  # inside JSON text: the inside of a JSON string; `tojson` writes whole values


class UnsafeValue(ValueError):
    """The value does not fit the place it would be put in. `message` never quotes the value: it may be a secret."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


_LABEL = re.compile(r"[a-z0-9-]{1,63}\Z")
_HOST = re.compile(r"(?=.{1,259}\Z)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*\.?(?::[0-9]{1,5})?\Z")
_PORT = re.compile(r"[0-9]{1,5}\Z")
_ADDRESS = re.compile(
    r"(?:https?|wss?)://[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.?(?::[0-9]{1,5})?"
    r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?\Z"
)
_DOT_SEGMENT = re.compile(r"(?:^|/)(?:\.|%2[eE]){1,2}(?:/|\Z|\?)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PATH_SAFE = "!$&'()*+,;=:@-._~"


def encode(value: str, component: Component) -> str:
    """Return `value` as it may stand in `component`. Raises UnsafeValue when nothing would make it safe there."""
    match component:
        case Component.PLAIN:
            return value
        case Component.JSON:
            return json.dumps(value)[1:-1]
        case Component.QUERY:
            return quote(value, safe="-._~")
        case Component.PATH:
            if value in {".", ".."}:
                raise UnsafeValue("A path segment must not be '.' or '..'.")
            return quote(value, safe=_PATH_SAFE)
        case Component.HEADER:
            if _CONTROL.search(value):
                raise UnsafeValue("A header value must not contain control characters such as line breaks.")
            return value
        case Component.LABEL:
            return _matching(_LABEL, value.lower(), "A part of a host name is at most 63 letters, digits and '-'.")
        case Component.HOST:
            return _matching(_HOST, value.lower(), "A host is a name such as api.example.com, with or without a port.")
        case Component.PORT:
            return _matching(_PORT, value, "A port is a number.")
        case Component.ADDRESS | Component.URL:
            if _DOT_SEGMENT.search(value):
                raise UnsafeValue("An address must not contain '.' or '..' as a path segment.")
            return _matching(_ADDRESS, value, "An address starts with https:// or http:// and holds no credentials.")


def _matching(pattern: re.Pattern[str], value: str, message: str) -> str:
    if not pattern.match(value):
        raise UnsafeValue(message)
    return value
