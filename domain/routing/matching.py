"""Which service a path means: the longest published path wins, then the routing key decides. Never a scan."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import Any

from domain.routing.snapshot import CustomerRecord, RouteRecord

_SEGMENTS_LOOKED_AT = 12
#: No canonical text: so what is known at a path can be asked.
_NO_SUCH_KEY = "?"
#: A longer text in the place of a model's name is data, and goes on as such: it is not noted, and routes nothing.
_MODEL_CHARACTERS = 512


def model_of(body: object) -> str | None:
    """Return the `model` of a request's body; None when it has none, or a text that is too long to be a name."""
    model = body.get("model") if isinstance(body, dict) else None
    return model if isinstance(model, str) and len(model) <= _MODEL_CHARACTERS else None


def routing_key_of(body: object) -> dict[str, Any] | None:
    """Return what a request asks for: the `model` of its body."""
    model = model_of(body)
    return None if model is None else {"model": model}


def canonical(routing_key: Mapping[str, Any] | None) -> str:
    """Return the text under which a routing key is compared: equal JSON, equal text. No key is the empty text."""
    if not routing_key:
        return ""
    if len(routing_key) == 1 and isinstance(model := routing_key.get("model"), str):
        return f'{{"model":{encode_basestring(model)}}}'  # what nearly every request asks by
    return json.dumps(routing_key, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Match:
    """What stands at a path for a key. value: a service id or an enrollment code; rest: raw segments after the path."""

    value: str
    length: int
    rest: tuple[str, ...]
    channel: str | None


@dataclass(frozen=True, slots=True)
class NoKey:
    """The path is known, the routing key is not. known: the keys that would match, canonical."""

    path: str
    length: int
    known: tuple[str, ...]


def beginning(path: str) -> str:
    """Return the first segment of a path, without a channel that is pinned in it."""
    return path.partition("/")[0].partition("@")[0]


class Table:
    """Paths to routing keys to values. One dictionary look-up a path segment, whatever the number of routes."""

    __slots__ = ("_lengths", "_paths", "_private", "_versions")

    def __init__(self) -> None:
        self._versions: dict[str, int] = {}  # by the beginning of paths: how often something changed there
        self._paths: dict[str, dict[str, str] | str] = {}  # a text is the value for no key, where there is no other
        self._private: dict[str, dict[str, str]] = {}  # of a path, what not everybody may know
        self._lengths: tuple[int, ...] = ()  # in segments, of every path there ever was, the longest first

    def set(self, path: str, entries: Iterable[tuple[str, str]], *, private: frozenset[str] = frozenset()) -> None:
        """Make `entries` (canonical key, value) the whole of what stands at `path`. private: values among them, which
        go first for those who know them."""
        self.remove(path)
        at_path: dict[str, str] = {}
        hidden: dict[str, str] = {}
        for key, value in entries:
            (hidden if value in private else at_path).setdefault(key, value)
        if at_path:
            self._paths[path] = at_path[""] if at_path.keys() == {""} else at_path
        if hidden:
            self._private[path] = hidden
        length = path.count("/") + 1
        if (at_path or hidden) and length not in self._lengths and length <= _SEGMENTS_LOOKED_AT:
            self._lengths = tuple(sorted((*self._lengths, length), reverse=True))

    def set_record(self, record: RouteRecord) -> None:
        """Take over a published route."""
        private = frozenset(entry.service_id for entry in record.entries if entry.is_private)
        entries = ((canonical(entry.routing_key), entry.service_id) for entry in record.entries)
        self.set(record.path, entries, private=private)

    def remove(self, path: str) -> None:
        """Forget a path."""
        start = beginning(path)
        self._versions[start] = self.version_at(start) + 1
        self._paths.pop(path, None)
        self._private.pop(path, None)

    def __len__(self) -> int:
        return len(self._paths.keys() | self._private.keys())

    def version_at(self, start: str) -> int:
        """Return another number after each change of a path with that `beginning`. What `match` has found for one holds
        as long as it is the same."""
        return self._versions.get(start, 0)

    def match(self, segments: tuple[str, ...], key: str, knows: Container[str] = ()) -> Match | NoKey | None:
        """Return what the longest known path holds for `key`, or which keys it knows, or None for no such path.

        `path@channel` pins a channel where `path` itself is known and the whole is not. A path whose only entry asks
        for no key takes requests with any: the OpenAI clients always send a model.

        knows: the private values that the asker may know. To everybody else they and their paths are not there.
        """
        for length in self._lengths:
            if length > len(segments):
                continue
            path, channel = "/".join(segments[:length]), None
            at_path = self._at(path, knows)
            if at_path is None and "@" in segments[length - 1]:
                path, _, channel = path.rpartition("@")
                at_path = self._at(path, knows)
            if at_path is None:
                continue
            value = at_path.get(key)
            if value is None and len(at_path) == 1:
                value = at_path.get("")
            if value is None:
                return NoKey(path=path, length=length, known=tuple(at_path))
            return Match(value=value, length=length, rest=segments[length:], channel=channel)
        return None

    def _at(self, path: str, knows: Container[str]) -> Mapping[str, str] | None:
        """Return what those who know of `knows` find at a path: {canonical key: value}, None for nothing."""
        at_path, private = self._paths.get(path), self._private.get(path)
        if isinstance(at_path, str):
            at_path = {"": at_path}
        if private is None:
            return at_path
        return {**(at_path or {}), **{key: value for key, value in private.items() if value in knows}} or None

    def keys_at(self, segments: tuple[str, ...], knows: Container[str] = ()) -> tuple[str, ...]:
        """Return the canonical keys that the longest known path knows; none where no path is known."""
        found = self.match(segments, _NO_SUCH_KEY, knows)
        if isinstance(found, NoKey):
            return found.known
        return ("",) if found is not None else ()


def enrollment_table(customer: CustomerRecord) -> Table:
    """Return the paths that belong to the customer's own enrollments; the values are enrollment codes."""
    entries: dict[str, list[tuple[str, str]]] = {}
    for enrollment in customer.enrollments:
        for route in enrollment.routes:
            entries.setdefault(route.path, []).append((canonical(route.routing_key), enrollment.code))
    table = Table()
    for path, at_path in entries.items():
        table.set(path, at_path)
    return table
