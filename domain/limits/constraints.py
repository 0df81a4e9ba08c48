"""ServiceConstraints of older files: which of them the gateway keeps, and which are only told to people.

`FIELDS` is the whole truth: docs/constraints.md is made from it, and a test holds it against the fields that an upload
accepts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from domain.limits.rules import Overage, Rule, Unit, Window, strictest

Treatment = Literal["enforced", "shown"]
_QUOTA_UNITS = frozenset(get_args(Unit)) - {"concurrent"}
_CYCLES: dict[str, Window] = {"daily": "day", "weekly": "week", "monthly": "month", "yearly": "year"}
_OVERAGE: dict[str, Overage] = {"block": "block", "throttle": "throttle", "charge": "charge", "queue": "throttle"}

FIELDS: dict[str, tuple[Treatment, str]] = {
    "monthly_quota": ("enforced", "counted for each customer in the calendar month of the customer's time zone; 429"),
    "daily_quota": ("enforced", "counted for each customer in the day of the customer's time zone; 429"),
    "quota_unit": ("enforced", "what the quotas count: requests unless it says otherwise"),
    "quota_reset_cycle": ("enforced", "daily, weekly, monthly or yearly, in place of the month of monthly_quota"),
    "overage_policy": (
        "enforced",
        "block refuses; throttle and queue let one call a second through; charge lets calls through at the price",
    ),
    "max_request_size_bytes": (
        "enforced",
        "a larger body is refused with 413 before anything is sent; above 10 MiB, bodies pass on as they come",
    ),
    "max_response_size_bytes": ("enforced", "a longer answer is refused with 502, or cut where it passes the limit"),
    "timeout_seconds": ("enforced", "the whole call, at most 600 s; then 504"),
    "connection_timeout_seconds": ("enforced", "the connection to the upstream, at most 5 s; then 504"),
    "max_batch_size": ("enforced", "more entries in `input`, `prompt`, `requests` or `inputs` are refused with 422"),
    "max_concurrent_requests": ("enforced", "calls of all customers at the same time; 429"),
    "max_context_length": ("shown", "the upstream counts its tokens; details.context_length bounds what is set aside"),
    "auth_methods": ("shown", "the gateway takes API keys; what the upstream wants is the seller's credential"),
    "ip_whitelist_required": ("shown", "the gateway keeps no lists of addresses for its callers"),
    "tls_version_min": ("shown", "towards the upstream TLS 1.2 and above is spoken, whatever stands here"),
    "content_filters": ("shown", "the upstream filters"),
    "input_languages": ("shown", "texts are passed on unread"),
    "output_languages": ("shown", "texts are passed on unread"),
    "region_restrictions": ("shown", "the gateway does not know where a caller is"),
    "uptime_sla_percent": ("shown", "a promise of the seller's, for people"),
    "response_time_sla_ms": ("shown", "a promise of the seller's, for people"),
    "maintenance_windows": ("shown", "free texts, for people"),
    "max_connections_per_ip": ("shown", "behind a load balancer the gateway sees its address, not the caller's"),
}
_BATCHES = ("input", "inputs", "prompt", "requests")


@dataclass(frozen=True, slots=True)
class Constraints:
    """What a call is held to. 0 stands for no bound."""

    request_bytes: int = 0
    response_bytes: int = 0
    total_seconds: int = 0
    connect_seconds: int = 0
    batch: int = 0

    def batch_of(self, body: Any, rest: Sequence[str]) -> int:
        """Return how many entries a body asks for at once. rest: of the path; turns of a chat are no entries."""
        if not isinstance(body, dict) or rest[-1:] == ("responses",):
            return 0
        return max((_entries(value) for name in _BATCHES if isinstance(value := body.get(name), list)), default=0)


def constraints_of(config: Mapping[str, Any]) -> Constraints:
    """Return the bounds of a channel."""
    written = _written(config)
    return Constraints(
        request_bytes=_count(written, "max_request_size_bytes"),
        response_bytes=_count(written, "max_response_size_bytes"),
        total_seconds=_count(written, "timeout_seconds"),
        connect_seconds=_count(written, "connection_timeout_seconds"),
        batch=_count(written, "max_batch_size"),
    )


def quota_rules(config: Mapping[str, Any]) -> Iterator[Rule]:
    """Yield the rules that quotas and max_concurrent_requests come to."""
    written = _written(config)
    unit = written.get("quota_unit")
    counted = cast(Unit, unit if unit in _QUOTA_UNITS else "requests")
    overage = _OVERAGE.get(str(written.get("overage_policy")), "block")
    cycle = _CYCLES.get(str(written.get("quota_reset_cycle")), "month")
    quotas: tuple[tuple[str, Window], ...] = (("monthly_quota", cycle), ("daily_quota", "day"))
    yield from strictest(
        Rule("customer", counted, window, limit, overage=overage, name="quota")
        for field, window in quotas
        if (limit := _count(written, field))
    )
    if limit := _count(written, "max_concurrent_requests"):
        yield Rule("channel", "concurrent", "", limit)


def _entries(value: list[Any]) -> int:
    """Return how many entries a list holds: the tokens of a text are one."""
    return min(len(value), 1) if all(isinstance(each, int) for each in value) else len(value)


def _written(config: Mapping[str, Any]) -> Mapping[str, Any]:
    written = config.get("constraints")
    return written if isinstance(written, dict) else {}


def _count(written: Mapping[str, Any], name: str) -> int:
    value = written.get(name)
    return value if type(value) is int and value > 0 else 0
