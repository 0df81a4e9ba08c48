"""Taking out of a stream the one event that only states the usage: we asked for it, the client did not."""

from __future__ import annotations

from domain.metering.statements import parsed

_HELD_BYTES = 1024 * 1024
_EMPTY = (b'"choices":[]', b'"choices": []')


class UsageEventFilter:
    """Passes whole events on at once; only half an event waits for its other half, which no client could use."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, chunk: bytes) -> bytes:
        """Take a piece of the stream and return what the client shall see of it now."""
        if not self._held and chunk.endswith(b"\n\n") and not _may_hide(chunk):
            return chunk
        text = self._held + chunk
        end = _last_end(text)
        self._held = text[end:]
        if len(self._held) > _HELD_BYTES:  # no event of ours is that long
            end, self._held = len(text), b""
        whole = text[:end]
        return _without_usage(whole) if _may_hide(whole) else whole

    def remainder(self) -> bytes:
        """Return half an event that the end of the stream has left."""
        held, self._held = self._held, b""
        return held


def _may_hide(text: bytes) -> bool:
    return b"[]" in text and (_EMPTY[0] in text or _EMPTY[1] in text)


def _last_end(text: bytes) -> int:
    plain, crlf = text.rfind(b"\n\n"), text.rfind(b"\r\n\r\n")
    return max(plain + 2 if plain >= 0 else 0, crlf + 4 if crlf >= 0 else 0)


def _without_usage(text: bytes) -> bytes:
    gap = b"\r\n\r\n" if text.endswith(b"\r\n\r\n") else b"\n\n"
    return b"".join(event + gap for event in text.removesuffix(gap).split(gap) if not _is_only_usage(event))


def _is_only_usage(event: bytes) -> bool:
    if not _may_hide(event):
        return False
    answers = [parsed(line[5:]) for line in event.splitlines() if line.startswith(b"data:")]
    return bool(answers) and all(
        isinstance(answer, dict) and answer.get("choices") == [] and isinstance(answer.get("usage"), dict)
        for answer in answers
    )
