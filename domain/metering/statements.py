"""Finding what an answer states about its usage in the part of it that was kept."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping

import orjson

from domain.metering import shapes
from domain.metering.shapes import HostileUsage, Metrics, Statement

#: One of these is in every event that states usage.
_MARKS = (b'"usage', b'_count"', b'TokenCount"', b"invocationMetrics")
_NAMED = re.compile(rb'"(usage|usageMetadata|amazon-bedrock-invocationMetrics)"\s*:\s*(?=\{)')
_WRAPPED = re.compile(rb'\{"bytes":"([A-Za-z0-9+/=]{16,})"')
_TRIES = 20
_END_BYTES = 2048  # where the last statement nearly always is
_STATEMENT_BYTES = 16 * 1024
#: From here on reading a part and not the whole is worth the search for it.
_LONG_BYTES = 1024
_BEGINNING_BYTES = 512
_USAGE = b'"usage"'
_BEFORE_A_NAME = b"{, \t\r\n"


def parsed(text: bytes) -> object:
    """Return the JSON value of a text, or None."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def in_body(kept: bytes, *, is_whole: bool) -> Statement | None:
    """Return what the body of an answer states. Raises HostileUsage.

    A body that is cut, or no JSON (the binary event streams of Bedrock), is searched from its end.
    """
    if is_whole and len(kept) > _LONG_BYTES and (stated := _at_the_end(kept)) is not None:
        return stated
    answer = parsed(kept) if is_whole else None
    if isinstance(answer, dict):
        return _of_answer(answer)
    if isinstance(answer, list):  # Gemini streams an array unless asked for events; the last one counts
        return next(
            (found for part in reversed(answer) if isinstance(part, dict) and (found := _of_answer(part))), None
        )
    return _last_of_lines(kept) or _last_named(kept) or _last_wrapped(kept)


def in_stream(head: bytes, tail: bytes) -> Statement | None:
    """Return what a stream of events states: its last statement, over that of its beginning. Raises HostileUsage.

    Anthropic's streams tell their input first and their output last.
    """
    begun = _beginning(head)
    latest = _last_of_lines(tail[-_END_BYTES:]) or _last_of_lines(tail) or _last_named(tail)
    if begun is None or latest is None:
        return latest or begun
    return latest._replace(usage={**begun.usage, **latest.usage})


def events(text: bytes) -> Iterator[Mapping[str, object]]:
    """Yield the JSON objects of an event stream, or of a file of JSON lines."""
    for line in text.split(b"\n"):
        if isinstance(event := parsed(_data(line)), dict):
            yield event


def _at_the_end(answer: bytes) -> Statement | None:
    """Return what a chat, a completion or embeddings state in OpenAI's words, without reading what they say; None: the
    answer must be read whole.

    From a name at its top to its end an object is an object again behind a brace. From a name further inside it is
    none, and inside a text the quotes of a name have backslashes before them.
    """
    beginning = answer[:_BEGINNING_BYTES]
    if b'"choices"' not in beginning and b'"embedding"' not in beginning:
        return None
    at = answer.rfind(_USAGE, -_END_BYTES)
    if at < 1 or answer[at - 1] not in _BEFORE_A_NAME:
        return None
    end = parsed(b"{" + answer[at:])
    return shapes.openai(end) if isinstance(end, dict) else None


def _of_answer(answer: Mapping[str, object]) -> Statement | None:
    stated = shapes.read(answer)
    made = shapes.images(answer) if "data" in answer else None
    if made is None:
        return stated
    counted: Metrics = {"count": made, "images_generated": made}
    return Statement({**counted, **stated.usage}) if stated else Statement(counted)


def _beginning(head: bytes) -> Statement | None:
    at = head.find(b'"message_start"')
    if at < 0:
        return None
    line = head[head.rfind(b"\n", 0, at) + 1 : (head + b"\n").find(b"\n", at)]
    event = parsed(_data(line))
    return shapes.read(event) if isinstance(event, dict) and event.get("type") == "message_start" else None


def _last_of_lines(tail: bytes) -> Statement | None:
    end = len(tail)
    while end > 0:
        start = tail.rfind(b"\n", 0, end) + 1
        line = _data(tail[start:end])
        if any(mark in line for mark in _MARKS):
            event = parsed(line)
            if isinstance(event, dict) and (found := shapes.read(event)) is not None:
                return found
        end = start - 1
    return None


def _last_named(kept: bytes) -> Statement | None:
    """Return the last statement by its name alone. In JSON text a quoted name is never inside a string."""
    found = [match for match in _NAMED.finditer(kept) if kept[match.start() - 1 : match.start()] != b"\\"]
    for match in reversed(found[-_TRIES:]):
        value = _object_at(kept[match.end() : match.end() + _STATEMENT_BYTES])
        if value is not None and (stated := shapes.read({match.group(1).decode(): value})) is not None:
            return stated
    return None


def _last_wrapped(kept: bytes) -> Statement | None:
    """Return the last statement inside the base64 envelopes of Bedrock's invocation streams."""
    usage: Metrics = {}
    for match in list(_WRAPPED.finditer(kept))[-_TRIES:]:
        try:
            event = parsed(base64.b64decode(match.group(1), validate=True))
        except ValueError:
            continue
        if isinstance(event, dict) and (stated := shapes.read(event)) is not None:
            usage.update(stated.usage)
    return Statement(usage) if usage else None


def _object_at(text: bytes) -> dict[str, object] | None:
    try:
        value, _ = json.JSONDecoder().raw_decode(text.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _data(line: bytes) -> bytes:
    return line.removeprefix(b"data:").strip()


__all__ = ["HostileUsage", "events", "in_body", "in_stream", "parsed"]
