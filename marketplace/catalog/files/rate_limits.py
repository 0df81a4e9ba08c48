"""Rate limits of a channel, of a provider's account, and the constraints of older files."""

from __future__ import annotations

from marketplace.catalog.files import vocabulary
from marketplace.catalog.files.fields import (
    Field,
    boolean,
    check_object,
    list_of,
    number,
    one_of,
    required_text,
    text,
    whole_number,
)
from marketplace.catalog.files.problems import Findings

_COUNT = Field(whole_number(0))
_WORDS = Field(list_of(text(100)))

_RATE_LIMIT = {
    "name": Field(text(100)),
    "limit": Field(whole_number(1), required=True),
    "unit": Field(one_of(vocabulary.RATE_LIMIT_UNITS), required=True),
    "window": Field(one_of(vocabulary.RATE_LIMIT_WINDOWS)),
    "description": Field(text(255)),
    "burst_limit": Field(whole_number(1)),
    "is_active": Field(boolean),
}
_ACCOUNT_LIMIT = {
    "name": Field(required_text(100), required=True),
    "limit": Field(whole_number(1), required=True),
    "unit": Field(one_of(vocabulary.RATE_LIMIT_UNITS), required=True),
    "window": Field(one_of(vocabulary.RATE_LIMIT_WINDOWS)),
    "description": Field(text(255)),
}
_CONSTRAINTS = {
    "monthly_quota": _COUNT,
    "daily_quota": _COUNT,
    "quota_unit": Field(one_of(vocabulary.RATE_LIMIT_UNITS)),
    "quota_reset_cycle": Field(one_of(vocabulary.QUOTA_RESET_CYCLES)),
    "overage_policy": Field(one_of(vocabulary.OVERAGE_POLICIES)),
    "auth_methods": Field(list_of(one_of(vocabulary.AUTH_METHODS))),
    "ip_whitelist_required": Field(boolean),
    "tls_version_min": Field(text(20)),
    "max_request_size_bytes": _COUNT,
    "max_response_size_bytes": _COUNT,
    "timeout_seconds": _COUNT,
    "max_batch_size": _COUNT,
    "content_filters": Field(list_of(one_of(vocabulary.CONTENT_FILTERS))),
    "input_languages": _WORDS,
    "output_languages": _WORDS,
    "max_context_length": _COUNT,
    "region_restrictions": _WORDS,
    "uptime_sla_percent": Field(number),
    "response_time_sla_ms": _COUNT,
    "maintenance_windows": _WORDS,
    "max_concurrent_requests": _COUNT,
    "connection_timeout_seconds": _COUNT,
    "max_connections_per_ip": _COUNT,
}


def check_channel_limits(value: object, found: Findings) -> None:
    """Check a rate limit or a list of them."""
    if isinstance(value, list):
        for index, item in enumerate(value[:100]):
            _check_limit(item, found.at(index))
    else:
        _check_limit(value, found)


def _check_limit(value: object, found: Findings) -> None:
    if check_object(value, _RATE_LIMIT, found):
        assert isinstance(value, dict)
        if value.get("window") is None and value.get("unit") != "concurrent":
            found.at("window").error("required", "Only the unit concurrent has none", type="missing")


def check_account_limits(value: object, found: Findings) -> None:
    """Check what an upstream grants the seller's account: named limits, each name once."""
    list_of(_check_account_limit, limit=100)(value, found)
    names = [item.get("name") for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    for index, name in enumerate(names):
        if isinstance(name, str) and name in names[:index]:
            found.at(index, "name").error(f"'{name[:80]}' is there twice", type="duplicate")


def _check_account_limit(value: object, found: Findings) -> None:
    if not check_object(value, _ACCOUNT_LIMIT, found):
        return
    assert isinstance(value, dict)
    is_gauge, window = value.get("unit") == "concurrent", value.get("window")
    if is_gauge and window is not None:
        found.at("window").error("'concurrent' counts what is open now and has no window", "Remove window")
    elif not is_gauge and window is None and value.get("unit") in vocabulary.RATE_LIMIT_UNITS:
        found.at("window").error("required", "Only the unit concurrent has none", type="missing")


def check_constraints(value: object, found: Findings) -> None:
    """Check the constraints that older files give."""
    check_object(value, _CONSTRAINTS, found)
