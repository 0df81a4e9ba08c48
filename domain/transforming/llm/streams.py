"""A streamed chat answer told in the caller's dialect, event by event as it arrives."""

from __future__ import annotations

import contextlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from domain.transforming.llm import failures, words
from domain.transforming.llm.dialects import Translation

Json = dict[str, Any]
#: An event that is longer is no chat's; what is held of it is thrown away.
_EVENT_BYTES = 4 * 1024 * 1024
_DONE = b"data: [DONE]\n\n"


class StreamTranslator(ABC):
    """Takes an upstream's bytes and gives the caller's. Keeps at most one unfinished event."""

    def __init__(self, translation: Translation, model: str) -> None:
        self._translation, self._model = translation, model
        self._held = b""

    def feed(self, chunk: bytes) -> bytes:
        """Return what the events that are whole now come to."""
        *whole, self._held = (self._held + chunk).replace(b"\r\n", b"\n").split(b"\n\n")
        if len(self._held) > _EVENT_BYTES:
            self._held = b""
        return b"".join(piece for event in whole for piece in self._event(event))

    def end(self) -> bytes:
        """Return what is left to say when the upstream has ended."""
        return self.feed(b"\n\n") if self._held.strip() else b""

    def _event(self, event: bytes) -> Iterator[bytes]:
        lines = [line[5:].strip() for line in event.split(b"\n") if line.startswith(b"data:")]
        text = b"\n".join(lines)
        if text == b"[DONE]":
            yield from self.done()
            return
        try:
            said = json.loads(text) if text else None
        except ValueError:
            return
        if not isinstance(said, dict):
            return
        # an event that is not of the format is left out; the ones around it are not
        with contextlib.suppress(TypeError, AttributeError, KeyError):
            yield from self.failed(said) if isinstance(said.get("error"), dict) else self.say(said)

    @abstractmethod
    def failed(self, said: Json) -> Iterator[bytes]:
        """Yield an error that came in the middle."""

    @abstractmethod
    def say(self, said: Json) -> Iterator[bytes]:
        """Yield what one event comes to."""

    @abstractmethod
    def done(self) -> Iterator[bytes]:
        """Yield the end."""


class ToAnthropic(StreamTranslator):
    """From chunks of a completion to the events of a message."""

    def __init__(self, translation: Translation, model: str) -> None:
        super().__init__(translation, model)
        self._blocks: dict[str | int, int] = {}
        self._open: int | None = None
        self._text = "text"  # the block that texts go to
        self._has_begun = self._has_ended = self._is_refused = False
        self._reason: str | None = None
        self._usage: object = None

    def say(self, said: Json) -> Iterator[bytes]:
        if not self._has_begun:
            self._has_begun = True
            yield self._begin(said)
        if isinstance(said.get("usage"), dict):
            self._usage = said["usage"]
        choices = said.get("choices")
        for choice in choices[:1] if isinstance(choices, list) else ():
            yield from self._choice(choice if isinstance(choice, dict) else {})

    def failed(self, said: Json) -> Iterator[bytes]:
        self._has_ended = True
        yield _named({**failures.translated(said, 500, self._translation)})

    def done(self) -> Iterator[bytes]:
        if self._has_ended or not self._has_begun:
            return
        self._has_ended = True
        yield from self._close()
        calls_tool = any(isinstance(key, int) for key in self._blocks)
        reason = "refusal" if self._is_refused else words.stop_reason(self._reason, calls_tool=calls_tool)
        delta = {"stop_reason": reason, "stop_sequence": None}
        yield _named({"type": "message_delta", "delta": delta, "usage": words.anthropic_usage(self._usage)})
        yield _named({"type": "message_stop"})

    def end(self) -> bytes:
        rest = super().end()
        # some upstreams end without a mark; an answer that gave its reason is whole all the same
        return rest + b"".join(self.done()) if self._reason is not None else rest

    def _begin(self, said: Json) -> bytes:
        message: Json = {
            "id": f"msg_{said.get('id', '')}", "type": "message", "role": "assistant", "model": self._model,
            "content": [], "stop_reason": None, "stop_sequence": None, "usage": words.anthropic_usage(None),
        }  # fmt: skip
        return _named({"type": "message_start", "message": message})

    def _choice(self, choice: Json) -> Iterator[bytes]:
        delta = choice.get("delta")
        delta = delta if isinstance(delta, dict) else {}
        text = delta.get("content") or delta.get("refusal")
        if isinstance(text, str) and text:
            yield from self._start(self._text, {"type": "text", "text": ""})
            yield self._delta(self._text, {"type": "text_delta", "text": text})
        for call in delta.get("tool_calls") or ():
            if isinstance(call, dict):
                yield from self._tool(call)
        self._is_refused = self._is_refused or bool(delta.get("refusal"))
        if choice.get("finish_reason"):
            self._reason = str(choice["finish_reason"])

    def _tool(self, call: Json) -> Iterator[bytes]:
        index, function = call.get("index", 0), call.get("function")
        function = function if isinstance(function, dict) else {}
        key = index if isinstance(index, int) else 0
        block = {"type": "tool_use", "id": call.get("id", ""), "name": function.get("name", ""), "input": {}}
        yield from self._start(key, block)
        self._text = f"text after {len(self._blocks)}"  # a block that was closed takes no more
        if function.get("arguments"):
            yield self._delta(key, {"type": "input_json_delta", "partial_json": function["arguments"]})

    def _start(self, key: str | int, block: Json) -> Iterator[bytes]:
        if key in self._blocks:
            return
        yield from self._close()
        self._blocks[key] = self._open = len(self._blocks)
        yield _named({"type": "content_block_start", "index": self._open, "content_block": block})

    def _delta(self, key: str | int, delta: Json) -> bytes:
        return _named({"type": "content_block_delta", "index": self._blocks[key], "delta": delta})

    def _close(self) -> Iterator[bytes]:
        if self._open is not None:
            yield _named({"type": "content_block_stop", "index": self._open})
            self._open = None


class ToOpenAI(StreamTranslator):
    """From the events of a message to chunks of a completion."""

    def __init__(self, translation: Translation, model: str, created: int, *, tells_usage: bool) -> None:
        super().__init__(translation, model)
        self._created, self._tells_usage = created, tells_usage
        self._id = ""
        self._usage: Json = {}
        self._calls: dict[int, int] = {}
        self._untold: set[int] = set()  # blocks of tools without a word of their arguments

    def say(self, said: Json) -> Iterator[bytes]:
        match said.get("type"):
            case "message_start":
                message = _object(said.get("message"))
                self._id = f"chatcmpl-{message.get('id', '')}"
                self._usage = _object(message.get("usage"))
                yield self._chunk({"role": "assistant", "content": ""})
            case "content_block_start":
                yield from self._block(said)
            case "content_block_delta":
                yield from self._delta(said)
            case "content_block_stop" if said.get("index") in self._untold:
                yield self._arguments(said["index"], "{}")
            case "message_delta":
                told = _object(said.get("usage")).items()
                self._usage |= {name: count for name, count in told if count is not None}
                if reason := _object(said.get("delta")).get("stop_reason"):
                    yield self._chunk({}, words.finish_reason(reason))
            case "message_stop":
                yield from self.done()

    def failed(self, said: Json) -> Iterator[bytes]:
        yield _plain(failures.translated(said, 500, self._translation))

    def done(self) -> Iterator[bytes]:
        if self._tells_usage:
            yield _plain({**self._frame(), "choices": [], "usage": words.openai_usage(self._usage)})
        yield _DONE

    def _block(self, said: Json) -> Iterator[bytes]:
        block = _object(said.get("content_block"))
        if block.get("type") == "tool_use":
            number = self._calls[said.get("index", 0)] = len(self._calls)
            self._untold.add(said.get("index", 0))
            function = {"name": block.get("name", ""), "arguments": ""}
            call = {"index": number, "id": block.get("id", ""), "type": "function", "function": function}
            yield self._chunk({"tool_calls": [call]})
        elif block.get("type") == "text" and block.get("text"):
            yield self._chunk({"content": block["text"]})

    def _delta(self, said: Json) -> Iterator[bytes]:
        delta = _object(said.get("delta"))
        if delta.get("type") == "text_delta":
            yield self._chunk({"content": delta.get("text", "")})
        elif delta.get("type") == "input_json_delta" and said.get("index") in self._calls and delta.get("partial_json"):
            yield self._arguments(said["index"], delta["partial_json"])

    def _arguments(self, index: int, piece: str) -> bytes:
        self._untold.discard(index)
        return self._chunk({"tool_calls": [{"index": self._calls[index], "function": {"arguments": piece}}]})

    def _chunk(self, delta: Json, reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return _plain({**self._frame(), "choices": [choice]})

    def _frame(self) -> Json:
        return {"id": self._id, "object": "chat.completion.chunk", "created": self._created, "model": self._model}


def translator(translation: Translation, model: str, created: int, *, tells_usage: bool) -> StreamTranslator:
    """Return what tells a stream in the caller's dialect. tells_usage: whether an OpenAI caller has asked for it."""
    if translation.client == "anthropic":
        return ToAnthropic(translation, model)
    return ToOpenAI(translation, model, created, tells_usage=tells_usage)


def _named(event: Json) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode("utf-8", "replace")


def _plain(event: Json) -> bytes:
    return f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode("utf-8", "replace")


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}
