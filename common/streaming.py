"""Answers that are made while they are sent: under ASGI without a thread of their own, in tests and under WSGI too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import cast

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

_EVENTS = "text/event-stream"


def stream(
    request: HttpRequest, pieces: Iterator[str], *, content_type: str, filename: str = ""
) -> StreamingHttpResponse:
    """Return an answer of these pieces. filename: for saving it instead of showing it."""
    # under ASGI Django would gather a plain iterator whole before it sends the first piece
    body = _asked_one_by_one(pieces) if _is_async(request) else pieces
    response = StreamingHttpResponse(body, content_type=content_type)
    response.headers["Cache-Control"] = "no-store"
    if filename:
        response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def events(request: HttpRequest, body: AsyncIterator[str], once: Callable[[], str]) -> HttpResponse:
    """Return an answer of server-sent events, which proxies must not hold back.

    once: what is told when the server cannot hold the line; the reader then comes again by itself.
    """
    if not _is_async(request):
        return HttpResponse(once(), content_type=_EVENTS, headers={"Cache-Control": "no-store"})
    response = StreamingHttpResponse(body, content_type=_EVENTS)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return cast(HttpResponse, response)  # guards pass on whatever answers


def _is_async(request: HttpRequest) -> bool:
    return isinstance(request, ASGIRequest)


async def _asked_one_by_one(pieces: Iterator[str]) -> AsyncIterator[str]:
    following = sync_to_async(lambda: next(pieces, None))
    while (piece := await following()) is not None:
        yield piece
