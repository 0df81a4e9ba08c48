"""Headers that some endpoints add to their answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import get_conditional_response

from common.errors import DomainError
from common.http import envelope, status_of

Run = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Deprecated:
    """An endpoint that older clients still use. successor: the address that does the same now."""

    since: date
    successor: str


def deprecating(deprecated: Deprecated) -> Callable[[Run], Run]:
    """Say in every answer since when the endpoint is old, and what to use (RFC 9745)."""
    since = int(datetime.combine(deprecated.since, time(), UTC).timestamp())

    def decorate(run: Run) -> Run:
        @wraps(run)
        def told(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            response = run(request, *args, **kwargs)
            response.headers["Deprecation"] = f"@{since}"
            response.headers["Link"] = f'<{deprecated.successor}>; rel="successor-version"'
            return response

        return told

    return decorate


def ending(then: Callable[..., Any]) -> Callable[[Run], Run]:
    """Answer with what `then` makes of the view's own answer, once all that the view has done is committed.

    then: takes the request, and what the view has returned.
    """

    def decorate(run: Run) -> Run:
        @wraps(run)
        def ended(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            response = run(request, *args, **kwargs)
            if response.status_code < 400:
                try:
                    response.content = json.dumps(then(request, json.loads(response.content))).encode()
                except DomainError as error:
                    told = envelope(request, code=error.code, message=error.message)
                    return JsonResponse(told, status=status_of(error))
            return response

        return ended

    return decorate


def tagging(run: Run) -> Run:
    """Give an answer an ETag of its content, and answer 304 to whoever has it."""

    @wraps(run)
    def tagged(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = run(request, *args, **kwargs)
        if response.status_code != 200:
            return response
        response.headers["ETag"] = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
        response.headers["Cache-Control"] = "no-cache"
        return get_conditional_response(request, etag=response.headers["ETag"], response=response) or response

    return tagged
