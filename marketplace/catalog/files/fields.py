"""Checks of one value, and of an object by a table of its fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from marketplace.catalog.files.problems import Findings, did_you_mean, listed, shown

Check = Callable[[object, Findings], None]

_EMAIL = re.compile(
    r"[A-Za-z0-9._%+'-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+(?:[A-Za-z]{2,63}|xn--[A-Za-z0-9-]{1,59})\Z"
)
_URL_LIMIT = 2083
#: The largest number of most columns.
COLUMN_MAXIMUM = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Field:
    """What an object may hold under a key."""

    check: Check
    required: bool = False


def check_object(value: object, fields: Mapping[str, Field], found: Findings, *, strict: bool = True) -> bool:
    """Check an object by its table; return whether it is an object at all.

    A null counts as not given. strict: unknown keys are refused, otherwise they are ignored with a warning.
    """
    if not isinstance(value, dict):
        found.error(f"must be an object (got {shown(value)})", type="type_error")
        return False
    _check_unknown(value, fields, found, strict)
    for name, spec in fields.items():
        held = value.get(name)
        if held is not None:
            spec.check(held, found.at(name))
        elif spec.required:
            found.at(name).error("required", type="missing")
    return True


def _check_unknown(value: Mapping[str, object], fields: Collection[str], found: Findings, strict: bool) -> None:
    for key in value:
        if key in fields:
            continue
        hint = did_you_mean(key, fields)
        if strict:
            found.at(key).error(f"unknown field{hint}", type="unknown_field")
        else:
            found.at(key).warning(f"unknown field, ignored{hint}", type="unknown_field")


def text(limit: int | None = None, *, minimum: int = 0) -> Check:
    """Return a check for text of at most `limit` characters."""

    def check(value: object, found: Findings) -> None:
        if not isinstance(value, str):
            found.error(f"must be text (got {shown(value, _key(found))})", type="type_error")
        elif limit is not None and len(value) > limit:
            found.error(f"at most {limit} characters (got {len(value)})", type="string_too_long")
        elif len(value) < minimum:
            found.error(f"at least {minimum} characters (got {len(value)})", type="string_too_short")

    return check


def required_text(limit: int | None = None) -> Check:
    """Return a check for text that says something."""
    checked = text(limit)

    def check(value: object, found: Findings) -> None:
        if isinstance(value, str) and not value.strip():
            found.error("required", type="missing")
        else:
            checked(value, found)

    return check


def one_of(words: Collection[str]) -> Check:
    """Return a check for one of a closed list of words."""

    def check(value: object, found: Findings) -> None:
        if not isinstance(value, str) or value not in words:
            hint = did_you_mean(value, words) if isinstance(value, str) and len(words) > 6 else ""
            found.error(f"must be {listed(words)} (got {shown(value, _key(found))}){hint}", type="enum")

    return check


def email(value: object, found: Findings) -> None:
    """Check an e-mail address."""
    if not isinstance(value, str) or len(value) > 254 or not _EMAIL.match(value):
        found.error(f"not an e-mail address (got {shown(value)})", "Write it like name@example.com", type="email")


def url(value: object, found: Findings, *, limit: int = _URL_LIMIT) -> None:
    """Check an absolute web address of at most `limit` characters."""
    problem = url_problem(value, limit=limit)
    if problem:
        found.error(f"not a URL (got {shown(value)})", problem, type="url")


def url_problem(value: object, *, limit: int = _URL_LIMIT) -> str:
    """Return how to mend a web address, or "" when it is one."""
    if not isinstance(value, str) or len(value) > limit or not value.isprintable() or " " in value:
        return f"Write an address like https://example.com, at most {limit} characters"
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "Write an address like https://example.com"
    if parts.scheme.lower() not in {"http", "https"}:
        return "Start it with https://"
    if not host or parts.username is not None:
        return "Write an address like https://example.com, without credentials"
    return ""


def date_time(value: object, found: Findings) -> None:
    """Check an ISO 8601 date and time."""
    if not isinstance(value, str) or parse_date_time(value) is None:
        found.error(f"not a date and time (got {shown(value)})", "Write it like 2026-01-31T12:00:00Z", type="date_time")


def parse_date_time(value: str) -> datetime | None:
    """Return the moment in UTC, which is meant without an offset, or None when the text is not ISO 8601.

    Moments that UTC dates to the year 0 or 10000 are none: nobody could read them again.
    """
    try:
        told = datetime.fromisoformat(value) if len(value) <= 40 and value[:4].isdigit() else None
        return told and told.replace(tzinfo=told.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def boolean(value: object, found: Findings) -> None:
    """Check true or false."""
    if not isinstance(value, bool):
        found.error(f"must be true or false (got {shown(value)})", type="type_error")


def whole_number(minimum: int | None = None, *, maximum: int = 2**63 - 1) -> Check:
    """Return a check for a whole number of at least `minimum`; true and 1.0 are none.

    maximum: what its size may be, with either sign.
    """

    def check(value: object, found: Findings) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            found.error(f"must be a whole number (got {shown(value)})", type="type_error")
        elif minimum is not None and value < minimum:
            phrase = "a positive whole number" if minimum == 1 else f"at least {minimum}"
            found.error(f"must be {phrase} (got {shown(value)})", type="out_of_range")
        elif abs(value) > maximum:
            found.error(f"the number is too large, at most {maximum}", type="out_of_range")

    return check


def number(value: object, found: Findings) -> None:
    """Check a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        found.error(f"must be a number (got {shown(value)})", type="type_error")


def mapping(value: object, found: Findings) -> None:
    """Check an object of whatever keys."""
    if not isinstance(value, dict):
        found.error(f"must be an object (got {shown(value)})", type="type_error")


def anything(_value: object, _found: Findings) -> None:
    """Accept any value: another check looks at it."""


def list_of(check_item: Check, *, limit: int = 1_000) -> Check:
    """Return a check for a list of at most `limit` items, each of which passes."""

    def check(value: object, found: Findings) -> None:
        if not isinstance(value, list):
            found.error(f"must be a list (got {shown(value)})", type="type_error")
            return
        if len(value) > limit:
            found.error(f"at most {limit} entries (got {len(value)})", type="too_long")
        for index, item in enumerate(value[:limit]):
            check_item(item, found.at(index))

    return check


def object_of(fields: Mapping[str, Field], *, strict: bool = True) -> Check:
    """Return a check for an object by its table of fields."""

    def check(value: object, found: Findings) -> None:
        check_object(value, fields, found, strict=strict)

    return check


def _key(found: Findings) -> str | int:
    return found.path[-1] if found.path else ""
