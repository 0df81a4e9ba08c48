"""What a schedule sends and expects, checked and brought into the form in which it is kept."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from domain import json_texts
from domain.routing import step_templates
from domain.routing.grammar import BadPath, parse_inner
from domain.scheduling import bodies, expectations
from domain.scheduling.expectations import BadExpectation
from gateway_admin.schedules.models import Schedule
from gateway_admin.schedules.services.errors import RequestInvalid

Changes = dict[str, Any]
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_PATH_LIMIT, _HEADERS, _VALUE_LIMIT = 8192, 40, 4096
#: Who calls is settled anew for each run, and what belongs to a connection is not kept.
_CREDENTIALS = {"authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie", "cookie2"}
_OF_CONNECTIONS = {
    "host",
    "content-length",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
    "accept-encoding",
}
_NEVER = _CREDENTIALS | _OF_CONNECTIONS | {"idempotency-key"}
_NEVER_BEGINS = ("proxy-", "x-forwarded-", "x-usvc-")
_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")


def checked(changes: Changes) -> Changes:
    """Return the members that are given, as they are kept. Raises: RequestInvalid."""
    kept = dict(changes)
    for field, value in kept.items():
        text = json.dumps(value, default=str)
        if json_texts.without_nul(text) != text:
            raise RequestInvalid(field, "A NUL character cannot be sent as text. Leave it out.")
    if "name" in kept:
        kept["name"] = _name(kept["name"])
    if "method" in kept:
        kept["method"] = _method(kept["method"])
    if "path" in kept:
        kept["path"] = path(kept["path"])
    if "headers" in kept:
        kept["headers"] = headers(kept["headers"] or {})
    if "body_template" in kept:
        _check_template(kept["body_template"])
    return kept


def check_expected(schedule: Schedule) -> None:
    """Raise RequestInvalid for an expectation that no answer could be held against."""
    try:
        expectations.check_expectations(schedule.expected_status, schedule.expected_body, schedule.match)  # type: ignore[arg-type]  # a choice
    except BadExpectation as error:
        raise RequestInvalid(error.field, error.message) from error


def path(written: str) -> str:
    """Return a path from its slash on; an address of the gateway is reduced to one. Raises: RequestInvalid."""
    text = written.strip()
    if "://" in text:
        text = _reduced(text)
    text = text.lstrip("/")
    if not text or len(text) > _PATH_LIMIT:
        raise RequestInvalid("path", "Name what is to be called, such as p/northwind/aurora-chat or a/llm.")
    try:
        parsed = parse_inner(text.partition("?")[0], query=text.partition("?")[2])
    except BadPath as error:
        raise RequestInvalid("path", error.message) from error
    if {"r", "d"} & set(parsed.wrappers):
        raise RequestInvalid("path", "A scheduled request cannot register another. Take /r/ and /d/ out of its path.")
    return f"/{text}"


def headers(given: dict[str, str]) -> dict[str, str]:
    """Return headers as they are kept: in lower case, without credentials. Raises: RequestInvalid."""
    kept: dict[str, str] = {}
    for name, value in given.items():
        low = name.strip().lower()
        if not low or not set(low) <= _TOKEN or not value.isprintable() or len(value) > _VALUE_LIMIT:
            raise RequestInvalid("headers", f"{name[:60]!r} is no header that can be sent. Mend its name or its value.")
        if low not in _NEVER and not low.startswith(_NEVER_BEGINS):
            kept[low] = value.strip()
    if len(kept) > _HEADERS:
        raise RequestInvalid("headers", f"A request has at most {_HEADERS} headers of its own. Leave some out.")
    return kept


def _reduced(address: str) -> str:
    parts, own = urlsplit(address), urlsplit(settings.API_GATEWAY_BASE_URL)
    if parts.netloc.lower() != own.netloc.lower():
        message = f"{parts.netloc[:60] or address[:60]} is not this gateway. Name a path of it, such as p/<service id>."
        raise RequestInvalid("path", message)
    return parts.path.removeprefix(own.path.rstrip("/")) + (f"?{parts.query}" if parts.query else "")


def _name(name: str | None) -> str:
    kept = (name or "").strip()
    if len(kept) > 200 or not kept.isprintable():
        raise RequestInvalid("name", "A name has at most 200 printable characters.")
    return kept


def _method(method: str) -> str:
    if method.upper() not in METHODS:
        raise RequestInvalid("method", f"{method[:20]!r} is not a method that can be sent. Use {', '.join(METHODS)}.")
    return method.upper()


def _check_template(template: Any) -> None:
    if template is None:
        return
    try:
        bodies.check(template)
    except step_templates.BadTemplate as error:
        raise RequestInvalid("body_template", str(error)) from error
