"""Rate limits as rules: how much of what, in which time, counted for whom.

Source: docs/gateway.md, "Limits of a service".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

Unit = Literal["requests", "tokens", "input_tokens", "output_tokens", "bytes", "concurrent"]
Window = Literal["second", "minute", "hour", "day", "week", "month", "year"]
#: For whom a rule counts: each customer apart, everybody who uses the channel, everybody who uses the seller's account.
Scope = Literal["customer", "channel", "account"]
#: What happens above a quota: refused; let through one call a second; let through and counted.
Overage = Literal["block", "throttle", "charge"]

_UNITS = frozenset(get_args(Unit))
_WINDOWS = frozenset(get_args(Window))


@dataclass(frozen=True, slots=True)
class Rule:
    """window: "" for concurrent. burst: None, or how much may come at once while the limit is the pace over the window.

    name: of an account's limit; it is counted over all channels that refer to it.
    """

    scope: Scope
    unit: Unit
    window: Window | Literal[""]
    limit: int
    burst: int | None = None
    overage: Overage = "block"
    name: str = ""

    @property
    def capacity(self) -> int:
        """Return the most that can be taken at once."""
        return self.limit if self.burst is None else self.burst


def rules_of(config: Mapping[str, Any], account_limits: Mapping[str, Any]) -> tuple[Rule, ...]:
    """Return the rules of a channel. account_limits: {name: limit} of the provider, for rate_limit_refs."""
    found = [
        *_rules(config.get("channel_rate_limit") or config.get("rate_limits"), "channel"),
        *_rules(config.get("customer_rate_limit"), "customer"),
    ]
    references = config.get("rate_limit_refs")
    for name in references if isinstance(references, list) else ():
        found += _rules(account_limits.get(name), "account", str(name))
    return tuple(strictest(found))


def _rules(written: object, scope: Scope, name: str = "") -> Iterator[Rule]:
    for item in written if isinstance(written, list) else [written]:
        if isinstance(item, dict) and item.get("is_active", True) is not False:
            rule = _rule(item, scope, name)
            if rule is not None:
                yield rule


def _rule(item: Mapping[str, Any], scope: Scope, name: str) -> Rule | None:
    limit, unit, window = item.get("limit"), item.get("unit"), item.get("window") or ""
    is_gauge = unit == "concurrent"
    if type(limit) is not int or limit < 1 or unit not in _UNITS or (not is_gauge and window not in _WINDOWS):
        return None
    burst = item.get("burst_limit")
    has_burst = type(burst) is int and burst > 0 and not is_gauge
    return Rule(
        scope,
        cast(Unit, unit),
        "" if is_gauge else cast(Window, window),
        limit,
        burst if has_burst else None,
        "block",
        name,
    )


def strictest(rules: Iterable[Rule]) -> Iterator[Rule]:
    """Leave one rule for each thing that is counted: two of a kind would count every call twice."""
    kept: dict[tuple[str, ...], Rule] = {}
    for rule in rules:
        kind = (rule.scope, rule.name, rule.unit, rule.window, "burst" if rule.burst is not None else "")
        if kind not in kept or rule.limit < kept[kind].limit:
            kept[kind] = rule
    yield from kept.values()
