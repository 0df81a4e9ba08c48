"""The JSON of tests, as the sellers' published client reads it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import Field

from common.ninja import Moment
from marketplace.catalog.models import Document
from marketplace.testing.models import TestResult

Json = dict[str, Any]
Category = Literal["connectivity_test", "code_example", "request_template"]


class RunAccepted(Schema):
    """A run that was queued. Poll /tasks/ for its result."""

    task_id: str
    status: str


class TestUpdate(Schema):
    """status: skip, pending (take that back), or how a run on the seller's machine ended.

    tests: {id or name of the interface: {status, exit_code, stdout, stderr, error}}.
    """

    status: str = Field(max_length=40)
    executed_at: Moment | None = None
    tests: dict[str, Json] | None = None

    def at(self) -> datetime | None:
        """Return when it was run; a time without its offset is UTC."""
        if self.executed_at is None or self.executed_at.tzinfo is not None:
            return self.executed_at
        return self.executed_at.replace(tzinfo=UTC)


class TestState(Schema):
    document_id: str
    status: str
    message: str
    task_id: str | None = None
    test: Json | None = None


class TestDetail(Schema):
    """One result with what its script wrote. expired: that was forgotten; run the test again to have it anew."""

    expired: bool
    source: Literal["blob", "inline"] | None
    status: str | None
    executed_at: str | None
    exit_code: int | None
    error: str | None
    stdout: str | None
    stderr: str | None
    env: Json | None
    rendered_script: str | None
    rendered_mime_type: str | None


def state(document: Document, test: Json, message: str, *, task_id: str | None = None) -> TestState:
    """Return what a document says of its tests."""
    status = str(test.get("status") or "pending")
    return TestState(document_id=str(document.pk), status=status, message=message, task_id=task_id, test=test or None)


def detail(result: TestResult) -> TestDetail:
    """Return one result at one interface."""
    is_expired = result.is_pruned
    return TestDetail(
        expired=is_expired,
        source=None if is_expired else "inline",
        status=result.status,
        executed_at=result.executed_at.isoformat(),
        exit_code=result.exit_code,
        error=result.error or None,
        stdout=result.stdout or None,
        stderr=result.stderr or None,
        env=result.env or None,
        rendered_script=result.rendered_script or None,
        rendered_mime_type=_mime_type(result),
    )


def summary(test: Json) -> TestDetail:
    """Return what a document says of its tests, when none of them has a result."""
    nothing: Json = dict.fromkeys(TestDetail.model_fields)
    known: Json = {name: test.get(name) for name in ("executed_at", "exit_code", "error")}
    return TestDetail(**{**nothing, **known, "expired": False, "status": test.get("status") or "pending"})


def upstream_detail(result: TestResult, channel: str) -> TestDetail:
    """Return what came of asking a channel directly."""
    found = result.upstream_channels[channel]
    return TestDetail(
        expired=False,
        source="inline",
        status=found.get("status"),
        executed_at=result.executed_at.isoformat(),
        exit_code=found.get("exit_code"),
        error=found.get("error"),
        stdout=found.get("stdout"),
        stderr=found.get("stderr"),
        env=None,
        rendered_script=None,
        rendered_mime_type=None,
    )


def _mime_type(result: TestResult) -> str | None:
    if not result.rendered_script or result.document is None:
        return None
    return str(result.document.mime_type)
