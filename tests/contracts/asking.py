"""Requests that schemathesis makes up, sent to the APIs within a transaction, and what it says of the answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from schemathesis import APIOperation, Case
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import ignored_auth
from schemathesis.transport.prepare import prepare_path

from tests.architecture import addresses
from tests.contracts.exceptions import reason
from tests.factories.belongings import Belongings

load_all_checks()
ALL_CHECKS = CHECKS.get_all()
_ARGUMENT = re.compile(r"([^/]+)/\{(\w+)\}")


@dataclass
class Asker:
    """Somebody with a key who sends requests of any kind to one API. root: "/v1"."""

    root: str
    key: str
    owner: Belongings
    _tried_without_key: set[str] = field(default_factory=set)

    @cached_property
    def document(self) -> Any:
        found = schemathesis.openapi.from_wsgi(f"{self.root}/openapi.json", get_wsgi_application())
        found.config.generation.with_security_parameters = False  # the key that is sent is a good one
        return found

    @cached_property
    def operations(self) -> list[APIOperation]:
        return [found.ok() for found in self.document.get_all_operations()]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def ask(self, case: Case) -> None:
        """Send a request, judge the answer by every check, and take back what was done. Raises: AssertionError."""
        with undone():
            response = case.call(headers=self.headers)
            self.judge(case, response)

    def judge(self, case: Case, response: Any, **options: Any) -> None:
        """Raise AssertionError with what checks say against an answer, unless exceptions.py allows it."""
        label = case.operation.label
        try:
            case.validate_response(response, checks=self._checks(label), headers=self.headers, **options)
        except FailureGroup as failures:
            code = _code(response)
            names = ((each, type(each).__name__) for each in failures.exceptions)
            found = [each for each, name in names if not reason(name, label, code, holds_nul=_holds_nul(case))]
            if found:
                told = "\n".join(f"{type(each).__name__}: {getattr(each, 'message', each)}" for each in found)
                raise AssertionError(f"{label} [{code}]\n{_shown(case)}\n{told}") from None
        if 200 <= response.status_code < 300:
            self._tried_without_key.add(label)

    def known(self, path: str) -> dict[str, Any]:
        """Return the arguments with which a path names what the owner has."""
        found = _ARGUMENT.findall(path)
        return {name: str(addresses.OBJECTS[f"{before}/<{name}>"](self.owner)) for before, name in found}

    def _checks(self, label: str) -> list[Any]:
        """Return all checks; that of keys asks thrice more, so it is made once an endpoint."""
        return [each for each in ALL_CHECKS if each is not ignored_auth or label not in self._tried_without_key]


@contextmanager
def undone() -> Iterator[None]:
    """Take back what is done meanwhile."""
    with transaction.atomic():
        try:
            yield
        finally:
            transaction.set_rollback(True)


@contextmanager
def one_connection() -> Iterator[None]:
    """Let requests leave the connection alone, which holds the transaction of the test."""
    signals = (request_started, request_finished)
    for each in signals:
        each.disconnect(close_old_connections)
    yield
    for each in signals:
        each.connect(close_old_connections)


def _holds_nul(case: Case) -> bool:
    return "\\u0000" in json.dumps([case.body, dict(case.query or {})], default=str)


def _code(response: Any) -> str:
    """Return the code in an error's body; "" for other answers."""
    try:
        said = json.loads(response.content)
    except ValueError:
        return ""
    return str(said.get("code", "")) if isinstance(said, dict) else ""


def _shown(case: Case) -> str:
    path = prepare_path(case.path, case.path_parameters)
    return f"{case.method} {path} query={case.query!r} headers={dict(case.headers or {})!r} body={case.body!r}"[:2000]
