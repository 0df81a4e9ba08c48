"""What a channel is held to: its limits and constraints, ready for calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.limits.constraints import Constraints, constraints_of, quota_rules
from domain.limits.rules import Rule, rules_of
from gateway.upstream.limits import Timeouts

_NONE = Constraints()


@dataclass(frozen=True, slots=True)
class Bounds:
    """timeouts: of the upstream call, None for the gateway's own."""

    rules: tuple[Rule, ...]
    constraints: Constraints
    timeouts: Timeouts | None


def bounds_of(config: Mapping[str, Any], account_limits: Mapping[str, Any]) -> Bounds | None:
    """Return the bounds of a channel, or None when it has none: then a call costs nothing more."""
    rules = (*rules_of(config, account_limits), *quota_rules(config))
    constraints = constraints_of(config)
    if not rules and constraints == _NONE:
        return None
    return Bounds(rules, constraints, _timeouts(constraints))


def _timeouts(constraints: Constraints) -> Timeouts | None:
    total, connect = constraints.total_seconds, constraints.connect_seconds
    if not total and not connect:
        return None
    own = Timeouts()
    most = min(float(total), own.total) if total else own.total
    return Timeouts(
        connect=min(float(connect) if connect else own.connect, own.connect, most),
        # within its time a call may be silent: the seller knows how slow the upstream is
        first_byte=most if total else own.first_byte,
        idle=min(own.idle, most),
        total=most,
    )
