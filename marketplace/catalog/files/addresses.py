"""Addresses of upstreams: that they are some, and fit the way in which their channel is called."""

from __future__ import annotations

from urllib.parse import urlsplit

from marketplace.catalog.files.problems import Findings, shown
from marketplace.catalog.files.templates import check_address, parsed

_SCHEMES = ("http", "https", "ws", "wss", "grpc", "grpcs", "smtp", "smtps", "s3", "ssh", "resp", "notify")
#: By access method; those that are missing here have rules of their own.
_OF_METHOD = {
    "websocket": ("wss", "ws", "https", "http"),
    "grpc": ("grpcs", "grpc", "https", "http"),
    "http": ("https", "http", "resp"),
}
#: What is meant where the scheme says so and the method does not.
_MEANT = {"ws": "websocket", "wss": "websocket", "grpc": "grpc", "grpcs": "grpc"}


def check_base_url(value: str, found: Findings) -> None:
    """Check that a text is an absolute address without credentials, as far as its templates let it be known."""
    template = parsed(value, Findings())
    if template is None:
        return  # already told, with the other templates
    check_address(template, found)
    if not isinstance(template.parts[0], str) or value.startswith("${"):
        return
    try:
        parts = urlsplit(template.parts[0] if len(template.parts) > 1 else value)
        user = parts.username is not None or parts.password is not None
    except ValueError:
        found.error(f"not an address (got {shown(value)})", "Write it like https://api.example.com/v1", type="url")
        return
    if parts.scheme.lower() not in _SCHEMES or "://" not in value:
        found.error(f"not an address (got {shown(value)})", "Start it with https://", type="url")
    elif user:
        found.error("no credentials in an address", "Put them into api_key or a header", type="literal_credential")
    elif not value.isprintable() or " " in template.parts[0]:
        found.error("an address holds no blanks or control characters", type="url")


def check_scheme(access_method: object, base_url: object, found: Findings) -> None:
    """Check that an address can be called in the way that its channel says."""
    allowed = _OF_METHOD.get(str(access_method))
    if allowed is None or not isinstance(base_url, str) or "://" not in base_url:
        return
    scheme = base_url.partition("://")[0].lower()
    if not scheme.isalnum() or scheme in allowed:
        return  # a template decides, or it fits
    if (meant := _MEANT.get(scheme)) is not None:
        found.error(f"{scheme}:// needs access_method {meant} (got {access_method})", type="access_method")
    elif access_method != "http":
        message = f"a service called by {access_method} has an address of {', '.join(each + '://' for each in allowed)}"
        found.error(message, type="access_method")
