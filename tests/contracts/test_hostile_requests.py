"""Whatever somebody sends to the APIs, the answer is one that their documents promise: never a mistake of ours."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

from tests.architecture import addresses
from tests.factories.belongings import Belongings, belongings

pytestmark = pytest.mark.django_db
#: How many right and how many wrong requests an endpoint gets: FUZZ_EXAMPLES=200 looks on, FUZZ_ONLY=aliases there.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))
ONLY = os.environ.get("FUZZ_ONLY", "")
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
_ARGUMENT = re.compile(r"([^/]+)/\{(\w+)\}")
_as_configured = settings(
    max_examples=EXAMPLES,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    database=None,
    report_multiple_bugs=False,
)


@pytest.fixture(autouse=True)
def _requests_leave_the_connection_open() -> Iterator[None]:
    """A server looks after its connections around every request: here they hold the transaction of the test."""
    signals = (request_started, request_finished)
    for each in signals:
        each.disconnect(close_old_connections)
    yield
    for each in signals:
        each.connect(close_old_connections)


@pytest.mark.parametrize(("root", "whose"), [("/v1", "buyer"), ("/v1/seller", "seller")])
def test_every_answer_is_one_that_the_document_promises(root, whose):
    owner = belongings()
    key = getattr(owner, f"{whose}_key_text")
    document = schemathesis.openapi.from_wsgi(f"{root}/openapi.json", get_wsgi_application())
    operations = [found.ok() for found in document.get_all_operations()]

    broken = [
        f"{mode.value} {operation.label}: {promise}"
        for operation in operations
        for mode in MODES
        if ONLY in operation.label and (promise := broken_promise(operation, mode, key, owner))
    ]

    assert operations
    assert broken == [], "\n\n".join(broken)


def broken_promise(operation: APIOperation, mode: GenerationMode, key: str, owner: Belongings) -> str:
    """Return what is wrong with the answer to one of many requests; nothing when all are as promised."""

    @_as_configured
    @given(case=operation.as_strategy(mode), is_known=st.booleans())
    def ask(case: Case, is_known: bool) -> None:
        if is_known:
            case.path_parameters = known(operation.path, owner)
        with transaction.atomic():
            response = case.call(headers={"Authorization": f"Bearer {key}"})
            transaction.set_rollback(True)
        case.validate_response(response, checks=CHECKS)

    try:
        ask()
    except Unsatisfiable:
        return ""  # an endpoint that takes nothing cannot be asked wrongly
    except FailureGroup as failures:
        return "\n".join(f"{each}\n{getattr(each, 'message', '')}" for each in failures.exceptions)
    return ""


def known(path: str, owner: Belongings) -> dict[str, Any]:
    """Return the arguments with which a path names what the owner has."""
    return {name: str(addresses.OBJECTS[f"{before}/<{name}>"](owner)) for before, name in _ARGUMENT.findall(path)}
