"""What the tests of isolation share: which methods addresses understand, and what any two answers have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from uuid import uuid4

from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from tests.architecture import addresses
from tests.architecture.test_isolation import METHODS, text

#: What is another one in each answer.
_VARYING = [
    (re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}"), "ID"),
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9:]{5})?"), "TIME"),
    (re.compile(r'(csrfmiddlewaretoken" value=|X-CSRFToken": |nonce=)"[^"]+"'), "TOKEN"),
    (re.compile(r"/files/put/[\w.:-]+|rule-[A-Z0-9]{12}"), "TOKEN"),
]


@lru_cache(maxsize=1)
def told_to_nobody() -> dict[str, dict[str, HttpResponse]]:
    """Return what every address answers to somebody unknown who asks for what is not there: {route: {method: it}}."""
    nobody, filler = Client(), re.compile(r"<(\w+):?\w*>")
    values = {"uuid": str(uuid4()), "int": "1"}
    found = {}
    for route in addresses.routes():
        address = "/" + filler.sub(lambda each: values.get(each[1], "x"), route)
        found[route] = {method: nobody.generic(method, address) for method in METHODS}
    return found


@lru_cache(maxsize=1)
def understood() -> dict[str, tuple[str, ...]]:
    """Return the methods that each address understands: what is 405 for anybody is 405 for all."""
    answers = told_to_nobody().items()
    return {route: tuple(each for each in METHODS if of[each].status_code != 405) for route, of in answers}


def normal(response: HttpResponse, *names: str) -> str:
    """Return an answer without what differs between any two: ids, times, tokens, and the names that were asked for."""
    told = f"{response.status_code} {response.headers.get('Location', '')} {text(response)}"
    for name in sorted(names, key=len, reverse=True):
        told = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-]|\.\w)", "NAME", told)
    for pattern, word in _VARYING:
        told = pattern.sub(word, told)
    return told


@contextmanager
def taken_back(is_taken_back: bool = True) -> Iterator[None]:
    """Take back what is done meanwhile."""
    with transaction.atomic():
        yield
        transaction.set_rollback(is_taken_back)
