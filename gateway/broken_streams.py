"""The last event of a stream whose upstream died: what the libraries of its callers read as an error.

OpenAI's raise on any event that has an `error`, Anthropic's on one with that name; so what is sent fits both, and the
name is left out where the stream's events have none. The connection is cut behind it all the same: who reads bytes
and no events must not take half an answer for a whole one.
"""

from __future__ import annotations

from gateway.context import Headers, RequestContext
from gateway.errors import GatewayError
from gateway.passing import Pieces
from gateway.responses import error_answer
from gateway.upstream.errors import UpstreamError

_FRAMED = frozenset((b"content-length", b"content-encoding"))
#: The last part of the paths whose streams name their events: Anthropic's messages, OpenAI's responses.
_NAMED = ("messages", "responses")


def last_event(error: BaseException, ctx: RequestContext, pieces: Pieces, headers: Headers, site_url: str) -> bytes:
    """Return the event, or nothing where it would not be read as one: half an event has left, or bytes are counted.

    headers: of the answer that has begun.
    """
    if not isinstance(error, UpstreamError) or not pieces.is_between_events:
        return b""
    if any(name.lower() in _FRAMED for name, _ in headers):
        return b""
    told = GatewayError(502, error.code, f"{error.message} What came before is charged. Ask again for all of it.")
    data = error_answer(told, request_id=ctx.event_id, site_url=site_url).body
    name = b"event: error\n" if ctx.path.rstrip("/").endswith(_NAMED) else b""
    return b"%bdata: %b\n\n" % (name, data)
