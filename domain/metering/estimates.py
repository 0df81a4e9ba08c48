"""Standing in for a usage that nobody stated: about four bytes of text are a token."""

from __future__ import annotations

from collections.abc import Iterable

from domain.metering.statements import events, parsed

_BYTES_A_TOKEN = 4
#: Under these keys upstreams send text that a model has written.
_SPOKEN = frozenset(
    (
        "content", "text", "delta", "arguments", "thinking", "reasoning", "reasoning_content", "partial_json",
        "refusal", "transcript", "completion", "generation", "outputText", "response",
    )
)  # fmt: skip
#: Under these keys clients send text that is to be spoken, translated or the like.
_GIVEN = frozenset(("input", "inputs", "text", "texts", "ssml", "prompt", "content", "query", "q"))
#: Events of OpenAI's responses that say again what was said piece by piece.
_REPEATS = (".done", ".completed", ".added")
_NODES = 50_000
_LONG_BYTES = 1024
_BINARY_KEYS = frozenset(("b64_json", "data", "file_data", "image_url", "bytes", "audio"))


def tokens(text_bytes: int) -> int:
    """Return about how many tokens a text of so many bytes has."""
    return -(-text_bytes // _BYTES_A_TOKEN)


def asked_bytes(request: bytes) -> int:
    """Return how many bytes of text a request holds, without images and the like; all of them if it is no JSON."""
    body = parsed(request)
    if body is None:
        return len(request)
    return sum(len(text) for key, text in _texts(body) if not _is_binary(key, text))


def given_characters(request: bytes) -> int:
    """Return how many characters of text a request gives; of all its text where none of it is named as such.

    A body that is no JSON, or has more values than are looked at, counts as a whole.
    """
    body, unseen = parsed(request), list[object]()
    texts = [] if body is None else [(key, len(text.decode())) for key, text in _texts(body, unseen)]
    if body is None or unseen:
        return len(request.decode("utf-8", "replace"))
    given = [length for key, length in texts if key in _GIVEN]
    return sum(given) if given else sum(length for _, length in texts)


def spoken_bytes(answer: bytes, *, is_stream: bool) -> int:
    """Return how many bytes of an answer are text that was written for the caller."""
    if is_stream:
        return sum(_spoken(event) for event in events(answer) if not str(event.get("type")).endswith(_REPEATS))
    body = parsed(answer)
    return len(answer) if body is None else _spoken(body)


def _spoken(value: object) -> int:
    return sum(len(text) for key, text in _texts(value) if key in _SPOKEN)


def _is_binary(key: str, text: bytes) -> bool:
    if text.startswith(b"data:"):
        return True
    return len(text) >= _LONG_BYTES and key in _BINARY_KEYS and b" " not in text[:_LONG_BYTES]


def _texts(value: object, unseen: list[object] | None = None) -> Iterable[tuple[str, bytes]]:
    """Yield (nearest key, text) for every string in a JSON value, up to a number of nodes. unseen: takes the others."""
    stack: list[tuple[str, object]] = [("", value)]
    for _ in range(_NODES):
        if not stack:
            return
        key, node = stack.pop()
        if isinstance(node, str):
            yield key, node.encode("utf-8", "replace")
        elif isinstance(node, dict):
            stack.extend(node.items())
        elif isinstance(node, list):
            stack.extend((key, item) for item in node[:_NODES])
    if unseen is not None:
        unseen += stack
