"""Limits and constraints of a channel as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from domain.limits.constraints import FIELDS
from domain.limits.rules import Rule, rules_of

_WHOSE = {
    "customer": "for each customer",
    "channel": "for all customers",
    "account": "for all of the provider's services",
}


def told(config: Mapping[str, Any], account_limits: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return (name, what it says) for every limit and constraint, those included that only people can keep."""
    return (*(("Limit", _sentence(rule)) for rule in rules_of(config, account_limits)), *_constraints(config))


def _sentence(rule: Rule) -> str:
    unit = rule.unit.replace("_", " ")
    if rule.unit == "concurrent":
        return f"{rule.limit:,} calls at the same time {_WHOSE[rule.scope]}"
    burst = f", {rule.burst:,} at once" if rule.burst is not None else ""
    return f"{rule.limit:,} {unit} a {rule.window}{burst} {_WHOSE[rule.scope]}"


def _constraints(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    written = config.get("constraints")
    for name in FIELDS:
        value = written.get(name) if isinstance(written, dict) else None
        if value is not None and value != []:
            yield name.replace("_", " ").capitalize(), _value(value)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return f"{value:,}" if isinstance(value, int) else str(value)
