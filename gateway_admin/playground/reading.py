"""What a page is told of an answer while it comes: its text as it is, the words in it, and what it was in the end."""

from __future__ import annotations

import base64
import codecs
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gateway_admin.playground.wire import Head

#: Of an answer so much is shown. What is longer is read from the service by a client, not by a page.
SHOWN_BYTES = 2 * 1024 * 1024
#: JSON up to this size is also shown with its lines indented.
_INDENTED_BYTES = 512 * 1024
#: An event of a stream that is longer has no words for us.
_EVENT_LENGTH = 256 * 1024
_PICTURES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
_TEXTS = ("json", "xml", "javascript", "x-www-form-urlencoded", "yaml", "graphql")

Told = tuple[str, dict[str, Any]]


@dataclass(slots=True)
class Words:
    """What a model says in a stream of events, in any of the dialects that the popular clients read."""

    _rest: str = ""
    _is_skipping: bool = False

    def feed(self, text: str) -> str:
        """Return the words of the lines that are whole with this text."""
        *lines, self._rest = (self._rest + text).split("\n")
        if len(self._rest) > _EVENT_LENGTH:
            self._rest, self._is_skipping = "", True
        if lines and self._is_skipping:
            self._is_skipping = False
            lines = lines[1:]
        return "".join(_said(line.strip()) for line in lines)


@dataclass(slots=True)
class Reading:
    """An answer as it is read. `feed` and `end` return what is to be told: (event, its content).

    "raw" {text}: the next piece as it is. "words" {text}: what was said in it, for streams of events.
    "end" {pretty, picture, size, is_cut, is_text, error}: error is the gateway's own refusal {code, message, url}.
    """

    head: Head
    size: int = 0
    is_cut: bool = False
    _kept: bytearray = field(default_factory=bytearray)
    _words: Words = field(default_factory=Words)
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")(errors="replace")
    )

    @property
    def media_type(self) -> str:
        return self.head.header("content-type").partition(";")[0].strip().lower()

    @property
    def is_text(self) -> bool:
        """Return whether the body can be printed."""
        kind = self.media_type
        is_plain = self.head.header("content-encoding") in ("", "identity")
        return is_plain and (not kind or kind.startswith("text/") or any(word in kind for word in _TEXTS))

    @property
    def is_stream(self) -> bool:
        return self.media_type == "text/event-stream"

    def feed(self, piece: bytes) -> Iterator[Told]:
        """Take the next piece of the body, as far as it may be shown."""
        self.size += len(piece)
        shown = piece[: max(SHOWN_BYTES - len(self._kept), 0)]
        self.is_cut = self.is_cut or len(shown) < len(piece)
        self._kept += shown
        if shown and self.is_text:
            yield from self._tell(self._decoder.decode(shown))

    def end(self) -> Iterator[Told]:
        """Tell what is left, and what the answer was."""
        if self.is_text:
            yield from self._tell(self._decoder.decode(b"", True))
        yield (
            "end",
            {
                "size": self.size,
                "is_cut": self.is_cut,
                "is_text": self.is_text,
                "pretty": self._indented(),
                "picture": self._picture(),
                "error": self._refusal(),
            },
        )

    def _tell(self, text: str) -> Iterator[Told]:
        if not text:
            return
        yield "raw", {"text": text}
        if self.is_stream and (words := self._words.feed(text)):
            yield "words", {"text": words}

    def _indented(self) -> str:
        if self.is_cut or "json" not in self.media_type or len(self._kept) > _INDENTED_BYTES:
            return ""
        try:
            return json.dumps(json.loads(self._kept), indent=2, ensure_ascii=False)
        except (ValueError, RecursionError):
            return ""

    def _picture(self) -> str:
        if self.media_type not in _PICTURES or self.is_cut:
            return ""
        return f"data:{self.media_type};base64,{base64.b64encode(self._kept).decode()}"

    def _refusal(self) -> dict[str, str] | None:
        """Return an error that the gateway wrote: no upstream knows the id of the request."""
        request_id = self.head.header("x-request-id")
        if self.head.status < 400 or not request_id or len(self._kept) > _INDENTED_BYTES:
            return None
        try:
            error = json.loads(self._kept)["error"]
            if error["request_id"] != request_id:
                return None
            return {"code": str(error["code"]), "message": str(error["message"]), "url": str(error["doc_url"])}
        except (ValueError, KeyError, TypeError, RecursionError):
            return None


def _said(line: str) -> str:
    if not line.startswith("data:"):
        return ""
    try:
        event = json.loads(line[5:])
        return "".join(text for text in _texts(event) if isinstance(text, str))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""


def _texts(event: Any) -> Iterator[Any]:
    """Yield what may be words: of OpenAI's chats, completions and responses, Anthropic's messages, Gemini's."""
    for choice in event.get("choices") or ():
        yield (choice.get("delta") or {}).get("content") or choice.get("text")
    if event.get("type") == "content_block_delta":
        yield event["delta"].get("text")
    if event.get("type") == "response.output_text.delta":
        yield event["delta"]
    for candidate in event.get("candidates") or ():
        for part in candidate["content"]["parts"]:
            yield part.get("text")
