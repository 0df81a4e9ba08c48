"""What a handler is given and gives back, and the few lines that put it on ASGI."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Scope = MutableMapping[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `path` is what follows the account; `segments` are its parts."""

    method: str
    account: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def segments(self) -> list[str]:
        return [part for part in self.path.split("/") if part]

    def json(self) -> dict[str, Any]:
        """Return the body as an object. Raises BadCall."""
        try:
            value = json.loads(self.body or b"{}")
        except ValueError as error:
            raise BadCall(400, "The body is not JSON.") from error
        if not isinstance(value, dict):
            raise BadCall(400, "The body must be a JSON object.")
        return value


@dataclass(frozen=True, slots=True)
class Answer:
    """One response: `body` whole, or `stream` piece by piece. `usage` is only for the record of what was served."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    stream: AsyncIterator[bytes] | None = None
    usage: dict[str, int] = field(default_factory=dict)


class BadCall(Exception):
    """The request cannot be answered; the status and a sentence say why."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


def json_answer(value: object, *, status: int = 200, usage: dict[str, int] | None = None) -> Answer:
    """Return `value` as a JSON response."""
    return Answer(status=status, body=json.dumps(value).encode(), usage=usage or {})


def pause(asked: dict[str, Any]) -> float:
    """Return the seconds between the pieces of a stream that `delay_ms` in the body asks for, at most 5."""
    value = asked.get("delay_ms", 0)
    return min(max(value, 0), 5_000) / 1_000 if isinstance(value, int | float) else 0


async def read_call(scope: Scope, receive: Receive) -> Call:
    """Read one request whole; the account is the first path segment."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    _, account, *rest = scope["path"].split("/")
    return Call(
        method=scope["method"],
        account=account,
        path="/" + "/".join(rest),
        query=parse_qs(scope.get("query_string", b"").decode()),
        headers={name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]},
        body=bytes(body),
    )


async def write_answer(answer: Answer, send: Send) -> None:
    """Send `answer`, streaming when it has a stream."""
    headers = {"content-type": answer.content_type, **answer.headers}
    if answer.stream is None:
        headers["content-length"] = str(len(answer.body))
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    if answer.stream is not None:
        async for piece in answer.stream:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": answer.body})
