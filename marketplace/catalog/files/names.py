"""The grammars of names, and the one name of a service."""

from __future__ import annotations

import re
from collections.abc import Mapping

from marketplace.catalog.files.fields import Check
from marketplace.catalog.files.problems import Findings, shown

_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_PROVIDER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\Z")
SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*\Z")
MCP_NAMESPACE = re.compile(r"[a-z0-9][a-z0-9_]{0,23}\Z")
S3_ALIAS = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]\Z")
PROVIDER_NAME_LIMIT = (2, 100)
OFFERING_NAME_LIMIT = 100
LISTING_NAME_LIMIT = 255
_LETTERS = "letters, digits, '.', '-', '_' only"
#: Names of a listing that say nothing: the file's own.
_PLAIN_LABELS = frozenset({"", "default", "listing"})


def provider_name(value: object, found: Findings) -> None:
    """Check the name of a provider or a seller."""
    if not isinstance(value, str):
        found.error(f"must be text (got {shown(value)})", type="type_error")
    elif not _PROVIDER.match(value):
        suggestion = slug(value, separator="-")
        # a value that had to be masked must not come back as a suggestion
        fix = f"Try '{suggestion}'" if suggestion and "…" not in shown(value) else ""
        found.error(f"{_LETTERS} (got {shown(value)})", fix, type="name")
    elif not PROVIDER_NAME_LIMIT[0] <= len(value) <= PROVIDER_NAME_LIMIT[1]:
        found.error(f"2 to 100 characters (got {len(value)})", type="name")


def service_name_problem(name: str) -> str:
    """Return what is wrong with the name of a service, or ""."""
    bare, at, variant = name.partition("@")
    if "@" in variant:
        return f"at most one '@', before the variant (got {shown(name)})"
    for segment in bare.split("/"):
        if not segment:
            return f"an empty segment: no '/' at the ends, no '//' (got {shown(name)})"
        if not _SEGMENT.match(segment):
            return f"segment {shown(segment)}: {_LETTERS}, a letter or digit first"
        if len(segment) < 2:
            return f"segment {shown(segment)} is too short; one-letter segments are gateway prefixes"
    if at and not all(_SEGMENT.match(segment) for segment in variant.split("/")):
        return f"variant {shown(variant)}: {_LETTERS}, a letter or digit first"
    return ""


def service_name_check(limit: int) -> Check:
    """Return a check for the name of a service of at most `limit` characters."""

    def check(value: object, found: Findings) -> None:
        if not isinstance(value, str):
            found.error(f"must be text (got {shown(value)})", type="type_error")
        elif len(value) > limit:
            found.error(f"at most {limit} characters (got {len(value)})", type="string_too_long")
        elif problem := service_name_problem(value):
            found.error(problem, type="name")

    return check


def channel_name_problem(name: str) -> str:
    """Return what is wrong with the name of a channel, or ""."""
    if "@" in name:
        return "a channel's name holds no '@'; it stands before the channel in service@channel"
    if not all(_SEGMENT.match(segment) for segment in name.split("/")):
        return f"a channel's name: {_LETTERS}, a letter or digit first"
    return ""


def slug(value: str, *, separator: str = "_") -> str:
    """Return a slug of a text, or "" when no letter or digit is left."""
    return re.sub(r"[^a-z0-9_-]+", separator, value[:200].lower()).strip("_-")


def service_name(offering: Mapping[str, object], listing: Mapping[str, object], *, legacy: bool) -> str:
    """Return the name under which the service is called, "" when the files give none.

    legacy: in older files a bare listing name is a label for a variant of the offering: `gpt-4` sold by
    `listing-premium.toml` is `gpt-4@premium`.
    """
    listed, offered = _text(listing.get("name")), _text(offering.get("name"))
    if not listed or not offered:
        return listed if listed and not legacy else offered or listed
    if "/" in listed or not legacy or listed == offered:
        return listed
    label = listed.removeprefix("listing-").removeprefix("listing_")
    if label in _PLAIN_LABELS or label == offered:
        return offered
    variant = label if _SEGMENT.match(label) else slug(label, separator="-")
    return f"{offered}{'-' if '@' in offered else '@'}{variant}" if variant else offered


def namespace_problem(name: str, provider: str) -> str:
    """Return what is wrong with the first segment of a service's name, or ""."""
    if "/" not in name.partition("@")[0] or name.startswith(f"{provider}/"):
        return ""
    return f"'{name}' must start with the provider '{provider}/', or be a bare name"


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
