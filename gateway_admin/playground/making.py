"""A call made from the playground: with a token that is good for it alone, through the gateway, as any client's.

The page's own server carries the call, so the browser never sees a key or a token, and its content policy allows no
address but its own (docs/playground.md).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from asgiref.sync import async_to_sync
from django.conf import settings

from accounts.teams import call_tokens
from accounts.teams.models import Team
from accounts.users.models import User
from common.errors import DomainError
from gateway_admin.playground import wire
from gateway_admin.playground.reading import Reading, Told

#: How long a page waits for a whole answer, streamed and not.
STREAMED_SECONDS, WHOLE_SECONDS = 300.0, 45.0
#: Calls that one process of the pages carries at the same time.
MOST_CALLS = 100
_SPARE = timedelta(seconds=30)
_under_way = 0


class TooManyCalls(DomainError):
    """This process carries as many calls as it may."""

    code = "too_many_playground_calls"
    sentence = "Too many calls are made from the playground just now. Try again in a moment, or use a client."


class CustomerAccountRequired(DomainError):
    """Sellers make no calls."""

    code = "customer_account_required"
    sentence = "Calls are made and paid by customer accounts. Switch to one of yours, or make one under Account."


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer as a page without scripts shows it. why_not: in a sentence, when there is none."""

    head: wire.Head | None = None
    raw: str = ""
    words: str = ""
    end: dict[str, Any] | None = None
    took_ms: int = 0
    why_not: str = ""

    @property
    def request_id(self) -> UUID | None:
        try:
            return UUID(self.head.header("x-request-id")) if self.head else None
        except ValueError:
            return None


def session_of(user: User) -> str:
    """Return the word that ties the calls which a person makes from here together in the log."""
    return f"playground-{user.pk}"


def request(
    *,
    team: Team,
    user: User,
    service_id: UUID | None,
    cap: Decimal,
    method: str,
    path: str,
    headers: tuple[tuple[str, str], ...],
    body: bytes,
    now: datetime,
) -> wire.Request:
    """Return a call with a token for it: good for one service where one is meant, for `cap`, and for minutes.

    Raises: TeamClosed, NotFound for one who has left the team, PermissionDenied.
    """
    token = call_tokens.issue(
        team=team,
        user=user,
        purpose="playground",
        reference=uuid4(),
        now=now,
        lifetime=timedelta(seconds=STREAMED_SECONDS) + _SPARE,
        service_id=service_id,
        cap=cap,
    )
    own = [
        ("authorization", f"Bearer {token}"),
        ("accept-encoding", "identity"),
        ("user-agent", "playground"),
        ("x-usvc-session", session_of(user)),
    ]
    if body and "content-type" not in {name for name, _ in headers}:
        own.append(("content-type", "application/json"))
    return wire.Request(method, path, (*headers, *own), body)


def check_room() -> None:
    """Raise TooManyCalls when this process can carry no other call."""
    if _under_way >= MOST_CALLS:
        raise TooManyCalls


async def events(made: wire.Request) -> AsyncIterator[str]:
    """Make a call and yield server-sent events of its answer: head, raw, words, and end or gone."""
    async with aclosing(_told(made, STREAMED_SECONDS)) as told:
        async for name, content in told:
            yield f"event: {name}\ndata: {json.dumps(content)}\n\n"


def events_at_once(made: wire.Request) -> str:
    """Return the same events after the call, for servers that cannot hold the line."""
    return "".join(f"event: {name}\ndata: {json.dumps(content)}\n\n" for name, content in _gathered(made))


def whole(made: wire.Request) -> Answer:
    """Make a call and return its whole answer, as far as it is shown."""
    head, raw, words, end, why_not = None, [], [], None, ""
    began = time.monotonic()
    for name, content in _gathered(made):
        match name:
            case "head":
                head = wire.Head(content["status"], tuple((key, value) for key, value in content["headers"]))
            case "raw":
                raw.append(content["text"])
            case "words":
                words.append(content["text"])
            case "end":
                end = content
            case "gone":
                why_not = content["message"]
    took_ms = round((time.monotonic() - began) * 1000)
    return Answer(head, "".join(raw), "".join(words), end, took_ms, why_not)


@async_to_sync
async def _gathered(made: wire.Request) -> list[Told]:
    return [each async for each in _told(made, WHOLE_SECONDS)]


async def _told(made: wire.Request, seconds: float) -> AsyncGenerator[Told]:
    global _under_way
    _under_way += 1
    reading: Reading | None = None
    try:
        async with aclosing(wire.exchange(made, base_url=settings.GATEWAY_INTERNAL_URL, seconds=seconds)) as pieces:
            async for piece in pieces:
                if isinstance(piece, wire.Head):
                    reading = Reading(piece)
                    yield "head", {"status": piece.status, "headers": [list(each) for each in piece.headers]}
                    continue
                assert reading is not None
                for told in reading.feed(piece):
                    yield told
                await asyncio.sleep(0)  # an answer that comes faster than it is read must not hold up the others
        if reading is not None:
            for told in reading.end():
                yield told
    except wire.NoAnswer as error:
        yield "gone", {"message": str(error)}
    finally:
        _under_way -= 1
