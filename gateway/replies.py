"""What is made of an upstream's answer before the client sees it. Usage is counted on what the upstream sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import orjson

from domain import json_texts, templating
from domain.transforming.bodies import BodyTemplate
from domain.transforming.errors import TransformFailed
from domain.transforming.llm import answers, failures
from domain.transforming.llm.dialects import Translation
from domain.transforming.llm.streams import StreamTranslator, translator


class Reply(Protocol):
    """One answer. Whole answers go through `whole`, streams through `feed` and `end`."""

    def begin(self, status: int, *, is_stream: bool) -> bool:
        """Return whether anything is made of an answer with this status."""
        ...

    def whole(self, body: bytes) -> bytes:
        """Return the new body. Raises TransformFailed."""
        ...

    def feed(self, chunk: bytes) -> bytes: ...

    def end(self) -> bytes: ...


class TemplatedReply:
    """A `body_transformer.response`: of answers that are no errors, and no streams."""

    def __init__(self, template: BodyTemplate, context: Mapping[str, object], lookup: templating.SecretLookup) -> None:
        self._template, self._context, self._lookup = template, context, lookup

    def begin(self, status: int, *, is_stream: bool) -> bool:
        return status < 400 and not is_stream

    def whole(self, body: bytes) -> bytes:
        try:
            parsed = orjson.loads(body) if body else {}
        except orjson.JSONDecodeError:
            raise TransformFailed("The upstream's answer is not JSON, which its transformer needs.") from None
        return self._template.render(parsed, self._context, self._lookup)

    def feed(self, chunk: bytes) -> bytes:
        return chunk

    def end(self) -> bytes:
        return b""


class TranslatedReply:
    """An answer told in the caller's dialect: whole, streamed, or an error."""

    def __init__(self, translation: Translation, model: str, created: int, *, tells_usage: bool) -> None:
        """model: as the caller named it. created: seconds since 1970. tells_usage: at the end of a stream."""
        self._translation, self._model = translation, model
        self._created, self._tells_usage = created, tells_usage
        self._status = 200
        self._stream: StreamTranslator | None = None

    def begin(self, status: int, *, is_stream: bool) -> bool:
        self._status = status
        if is_stream and status < 400:
            self._stream = translator(self._translation, self._model, self._created, tells_usage=self._tells_usage)
        return True

    def whole(self, body: bytes) -> bytes:
        try:
            parsed = orjson.loads(body)
        except orjson.JSONDecodeError:
            if self._status < 400:
                raise TransformFailed("The upstream's answer is not JSON, so it cannot be translated.") from None
            parsed = None
        if self._status >= 400:
            made = failures.translated(parsed, self._status, self._translation)
        else:
            made = answers.translated(parsed, self._translation, self._model, self._created)
        try:
            return json_texts.write(made)
        except ValueError:
            raise TransformFailed("The upstream's answer is nested too deeply to be translated.") from None

    def feed(self, chunk: bytes) -> bytes:
        return chunk if self._stream is None else self._stream.feed(chunk)

    def end(self) -> bytes:
        return b"" if self._stream is None else self._stream.end()
