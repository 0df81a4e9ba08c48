"""What a gateway path says, before anything is looked up.

A path is any number of wrappers, each a letter and each at most once, in any order; then one letter that names the kind
of target; then the target; then what the upstream shall see: `/m/l/p/<path, service id or service name>[/rest]`.
Work is done on the raw path: what was routed is what is forwarded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import unquote

#: Letters that name what is called.
TARGETS = {
    "p": "a service by its path, name or id",
    "e": "one of your enrollments by its code",
    "a": "an alias by its name",
    "g": "a group of services by its name",
    "c": "a chain of calls by its name",
    "b": "a broadcast to several targets by its name",
}
#: Letters that say how it is called. They stand here in the order in which they act, whatever their order in a path.
WRAPPERS = {
    "r": "repeat the call on a cadence",
    "d": "make the call later",
    "l": "log this call",
    "m": "remember the answer",
    "t": "send a copy elsewhere",
    "f": "fall back when the target fails",
}
#: Names that no alias, group, chain or broadcast may have: they mean something of their own in a path.
RESERVED_NAMES = frozenset({"models", "tasks", *TARGETS, *WRAPPERS})

_NAMED = frozenset("agcb")
_PATH_LIMIT = 8192
_ORDER = {letter: place for place, letter in enumerate(WRAPPERS)}
_HOSTILE = re.compile(r"%2f|%5c|%00|[\\#]|[^!-~]", re.IGNORECASE)
#: What no address can hold as it is.
_UNSENDABLE = re.compile(r"[\\#]|[^!-~]")
_RELATIVE = frozenset((".", ".."))
# the published client chains parameterised wrappers with a second literal question mark
_GLUED = re.compile(r"\?(?=_(?:ttl|renew|complete|else|to|at|in|every|fire_now|name|channel)(?:=|&|\?|$))")


class BadPath(ValueError):
    """The path cannot be a gateway path. `code` is one word, the text names the mend."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(message)

    @property
    def status(self) -> int:
        """Return the HTTP status of the refusal."""
        return 404 if self.code == "unknown_prefix" else 400


@dataclass(frozen=True, slots=True)
class ParsedPath:
    """target: a key of TARGETS; segments: at least one, raw; query: for the upstream; control: {"_name": value}.

    wrappers: letters of WRAPPERS in the order in which they act, so that every spelling of a call is the same value.
    """

    target: str
    segments: tuple[str, ...]
    query: str
    control: dict[str, str]
    wrappers: str = ""

    @property
    def names_more_than_a_service(self) -> bool:
        """Return whether there is more to the path than one service and what to ask it."""
        return bool(self.wrappers) or self.target not in "pe"

    @property
    def without_controls(self) -> str:
        """Return the path as it is written without wrappers and control parameters, from the target's letter on."""
        path = "/".join((self.target, *self.segments))
        return f"{path}?{self.query}" if self.query else path


def parse(path: str, query: str) -> ParsedPath:
    """Read a raw path and query string. Raises: BadPath."""
    if len(path) + len(query) > _PATH_LIMIT:
        raise BadPath("path_too_long", f"The address is longer than {_PATH_LIMIT} bytes. Move data into the body.")
    head, _, rest = path.removeprefix("/").partition("/")
    wrappers = ""
    if head not in TARGETS:
        head, rest, wrappers = _unwrap(head, rest)
    segments = tuple(rest.split("/"))
    _refuse_hostile(rest, segments)
    if not segments[0]:
        raise BadPath("target_missing", f"/{head}/ needs a target: {TARGETS[head]}.")
    upstream_query, control = _split_query(query)
    if _UNSENDABLE.search(upstream_query):
        message = "The query has a character that an address cannot hold. Write it percent-encoded, as %20 for a space."
        raise BadPath("bad_path", message)
    return ParsedPath(head, segments, upstream_query, control, wrappers)


def called_name(path: str) -> str:
    """Return the name that a path calls: "a/llm" of "/m/l/a/llm/chat"; "" where it names a service or an enrollment."""
    head, _, rest = path.removeprefix("/").partition("/")
    while head in WRAPPERS:
        head, _, rest = rest.partition("/")
    name = rest.partition("/")[0].partition("?")[0]
    return f"{head}/{name}"[:80] if name and head in _NAMED else ""


def parse_inner(written: str, *, rest: tuple[str, ...] = (), query: str = "") -> ParsedPath:
    """Read a path that stands in an alias, a step, a target, `_else` or `_to`: `g/llm`, `m/p/acme?_ttl=5m`, `openai`.

    A path without a letter is a service's. rest: segments of the call that go after the written path; query: of the
    call, after the written one. Raises: BadPath.
    """
    parsed = _remembered(written) if len(written) <= _REMEMBERED_CHARACTERS else _parse_written(written)
    if rest:
        parsed = replace(parsed, segments=(*(each for each in parsed.segments if each), *rest))
    if query:
        parsed = replace(parsed, query="&".join(part for part in (parsed.query, query) if part))
    return parsed


def _parse_written(written: str) -> ParsedPath:
    if "://" in written:
        message = f"{written[:80]!r} is an address. Write a path of this gateway, such as g/llm or p/<service id>."
        raise BadPath("not_a_path", message)
    path, _, query = written.strip().lstrip("/").partition("?")
    head = path.partition("/")[0]
    if len(head) != 1:
        path = f"p/{path}"
    return parse(path, query)


_REMEMBERED_CHARACTERS = 512  # a caller can write them
_remembered = lru_cache(maxsize=4096)(_parse_written)


def _unwrap(head: str, rest: str) -> tuple[str, str, str]:
    """Return the target's letter, what follows it, and the wrappers in front of it, in the order of WRAPPERS."""
    letters: list[str] = []
    while head in WRAPPERS:
        if head in letters:
            raise BadPath("wrapper_twice", f"/{head}/ ({WRAPPERS[head]}) stands twice in the path. Write it once.")
        letters.append(head)
        head, _, rest = rest.partition("/")
    if head in TARGETS:
        return head, rest, "".join(sorted(letters, key=_ORDER.__getitem__))
    if letters and not head:
        raise BadPath("target_missing", f"/{letters[-1]}/ needs a target after it, such as p/<service id>.")
    known = "; ".join(f"/{letter}/ {meaning}" for letter, meaning in (TARGETS | WRAPPERS).items())
    raise BadPath("unknown_prefix", f"/{head[:40]}/ is not a gateway prefix. Known: {known}.")


def _refuse_hostile(path: str, segments: tuple[str, ...]) -> None:
    is_hostile = _HOSTILE.search(path) is not None
    for index, segment in enumerate(segments):
        empty = not segment and index != len(segments) - 1
        if is_hostile or empty or segment in _RELATIVE or ("%" in segment and unquote(segment) in _RELATIVE):
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
