"""A request id on every answer, files that never change, errors of the domain as pages, slashes that nobody meant."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from asgiref.sync import async_to_sync, iscoroutinefunction, sync_to_async
from django.conf import settings
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import is_valid_path
from django.utils.decorators import sync_and_async_middleware
from servestatic.middleware import ServeStaticMiddleware

from common.apis.middleware import PREFIX
from common.errors import UNSTORABLE, DomainError, Invalid
from common.htmx import is_fragment
from common.http import status_of

logger = logging.getLogger(__name__)


@sync_and_async_middleware
def request_id(get_response: Any) -> Any:
    """Set `request.request_id` and the header X-Request-Id. The outermost: also files and redirects have one."""
    if iscoroutinefunction(get_response):

        async def answer_later(request: HttpRequest) -> HttpResponseBase:
            return _named(await get_response(_numbered(request)), request)

        return answer_later

    def answer(request: HttpRequest) -> HttpResponseBase:
        return _named(get_response(_numbered(request)), request)

    return answer


def _numbered(request: HttpRequest) -> HttpRequest:
    request.request_id = str(uuid.uuid4())  # type: ignore[attr-defined]
    return request


def _named(response: HttpResponseBase, request: HttpRequest) -> HttpResponseBase:
    response.headers.setdefault("X-Request-Id", request.request_id)  # type: ignore[attr-defined]
    return response


@sync_and_async_middleware
def static_files(get_response: Any) -> Any:
    """Serve what lies under STATIC_URL.

    The library only serves asynchronously. Where all else is synchronous, as in commands and tests, an event loop and
    a thread for every request would cost more than most answers: only files go through it there.
    """
    if iscoroutinefunction(get_response):
        return ServeStaticMiddleware(get_response)
    served = async_to_sync(ServeStaticMiddleware(sync_to_async(get_response)))

    def answer(request: HttpRequest) -> HttpResponseBase:
        is_file = request.path_info.startswith(settings.STATIC_URL)
        return served(request) if is_file else get_response(request)

    return answer


class DomainErrors:
    """A DomainError that no view caught becomes a page with its sentence; for htmx, a message above the page.

    So does what PostgreSQL refuses to take, as with the APIs.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, DataError):
            logger.warning("request.unstorable path=%s", request.path, exc_info=error)
            error = Invalid([UNSTORABLE])
        if not isinstance(error, DomainError):
            return None
        status = status_of(error)
        if is_fragment(request):
            response = render(request, "error.html#error-message", {"error": error}, status=status)
            response.headers["HX-Retarget"] = "#messages"
            response.headers["HX-Reswap"] = "innerHTML show:top"
            return response
        if status == 404:
            return render(request, "404.html", status=404)
        return render(request, "error.html", {"error": error, "status": status}, status=status)


class OtherSlash:
    """Who wrote a slash too many, or one too few, is sent to the page that they mean, where they would find none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 404 or request.method not in ("GET", "HEAD"):
            return response
        meant = _meant(request)
        return HttpResponsePermanentRedirect(meant) if meant else response


def _meant(request: HttpRequest) -> str | None:
    path, match = request.path_info, request.resolver_match
    has_slash = path.endswith("/")
    # an address that was found has nothing to show, unless its name for that took the slash as well
    is_found = match is not None and not (has_slash and "<path:" in match.route)
    other = path.rstrip("/") if has_slash else f"{path}/"
    if is_found or path.startswith(PREFIX) or not is_valid_path(other):
        return None
    asked = request.META["QUERY_STRING"]
    return f"{quote(other)}?{asked}" if asked else quote(other)
