"""What a gateway path says, before anything is looked up.

A path is one letter that names the kind of target, then the target, then what the upstream shall see:
`/p/<path, service id or service name>[/rest]` or `/e/<enrollment code>[/rest]`. Work is done on the raw path:
what was routed is what is forwarded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

#: First segments that belong to the gateway, with what they mean. The others are answered with this list.
TARGETS = {"p": "a service by its path, name or id", "e": "one of your enrollments by its code"}

_PATH_LIMIT = 8192
_HOSTILE = re.compile(r"%2f|%5c|%00|\\|[\x00-\x20\x7f-\xff]", re.IGNORECASE)
# the published client chains parameterised wrappers with a second literal question mark
_GLUED = re.compile(r"\?(?=_(?:ttl|renew|complete|else|to|at|in|every|fire_now|name|channel)(?:=|&|\?|$))")


class BadPath(ValueError):
    """The path cannot be a gateway path. `code` is one word, the text names the mend."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class ParsedPath:
    """target: a key of TARGETS; segments: at least one, raw; query: for the upstream; control: {"_name": value}."""

    target: str
    segments: tuple[str, ...]
    query: str
    control: dict[str, str]


def parse(path: str, query: str) -> ParsedPath:
    """Read a raw path and query string. Raises: BadPath."""
    if len(path) + len(query) > _PATH_LIMIT:
        raise BadPath("path_too_long", f"The address is longer than {_PATH_LIMIT} bytes. Move data into the body.")
    head, _, rest = path.removeprefix("/").partition("/")
    if head not in TARGETS:
        known = "; ".join(f"/{letter}/ {meaning}" for letter, meaning in TARGETS.items())
        raise BadPath("unknown_prefix", f"/{head[:40]}/ is not a gateway prefix. Known: {known}.")
    segments = tuple(rest.split("/"))
    _refuse_hostile(segments)
    if not segments[0]:
        raise BadPath("target_missing", f"/{head}/ needs a target: {TARGETS[head]}.")
    upstream_query, control = _split_query(query)
    return ParsedPath(target=head, segments=segments, query=upstream_query, control=control)


def _refuse_hostile(segments: tuple[str, ...]) -> None:
    for index, segment in enumerate(segments):
        empty = not segment and index != len(segments) - 1
        if empty or segment in {".", ".."} or unquote(segment) in {".", ".."} or _HOSTILE.search(segment):
            raise BadPath(
                "bad_path", "The path has empty, relative or encoded-slash segments. Write it without '//', '..', %2F."
            )


def _split_query(query: str) -> tuple[str, dict[str, str]]:
    """Return what the upstream sees and the control parameters (their names begin with an underscore)."""
    if "_" not in query:
        return query, {}
    kept, control = [], {}
    for part in _GLUED.sub("&", query).split("&"):
        name, _, value = part.partition("=")
        if name.startswith("_"):
            control[name] = unquote(value.replace("+", " "))
        elif part:
            kept.append(part)
    return "&".join(kept), control
