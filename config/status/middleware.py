"""The status page is for the hour in which nothing else answers: it must not need the database that it reports on."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse

_PATHS = frozenset({"/status", "/status.json"})


class StatusWithoutDatabase:
    """Lets people who are logged in read the status as visitors while their sessions cannot be read.

    Stands before the session's middleware: a cookie that it does not see it does not delete either.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in _PATHS and settings.SESSION_COOKIE_NAME in request.COOKIES and not _answers():
            del request.COOKIES[settings.SESSION_COOKIE_NAME]
        return self.get_response(request)


def _answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except OperationalError:
        connection.close()
        return False
    return True
