"""How a channel judges answers that its upstream calls a success: the first rule that holds makes one a failure.

    {"quota": {"condition": "body.error.code == 'quota'", "status": 429, "message": "{{ body.error.message }}"},
     "fault": "{{ body.error }}"}

A text is a condition in braces; status 502 and a sentence of ours then say the rest. Nothing is charged for a failure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain import conditions
from domain.conditions import Condition, ConditionError, Facts

MAX_RULES = 20
#: Of a sentence, with what is put into it.
MAX_MESSAGE = 1_000
_STATUS = 502
_STATUSES = range(400, 600)
_FIELDS = ("condition", "status", "message")
_IN_BRACES = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """Why a rule cannot be read. path: below `response_rules`."""

    path: tuple[str, ...]
    message: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer is a failure: what it counts as, by which rule, in which words."""

    rule: str
    status: int
    message: str


@dataclass(frozen=True, slots=True)
class ResponseRule:
    """One rule. message: texts, and what is put between them."""

    name: str
    condition: Condition
    status: int
    message: tuple[str | Condition, ...]

    @property
    def needs_body(self) -> bool:
        """Return whether the body decides."""
        return "body" in self.condition.reads

    @property
    def reads_body(self) -> bool:
        """Return whether the body decides, or is told of."""
        return self.needs_body or any("body" in part.reads for part in self.message if isinstance(part, Condition))

    def verdict(self, facts: Facts) -> Verdict | None:
        """Return what the rule says of an answer, None when it does not hold."""
        if not self.condition.holds(facts):
            return None
        told = "".join(part if isinstance(part, str) else _text(part.value(facts)) for part in self.message)
        ours = f"The service's answer is a failure by its rule '{self.name}'."
        return Verdict(self.name, self.status, told.strip()[:MAX_MESSAGE] or ours)


@dataclass(frozen=True, slots=True)
class ResponseRules:
    """The rules of a channel, in the order in which they were written."""

    rules: tuple[ResponseRule, ...]

    @property
    def read_body(self) -> bool:
        """Return whether any of them reads the body."""
        return any(rule.reads_body for rule in self.rules)

    def verdict(self, facts: Facts, *, has_body: bool = True) -> Verdict | None:
        """Return what the first rule that holds says, None when the answer is well. has_body: else it is not known."""
        asked = (rule for rule in self.rules if has_body or not rule.needs_body)
        return next((told for rule in asked if (told := rule.verdict(facts)) is not None), None)


def read(value: object) -> tuple[ResponseRules | None, list[RuleProblem]]:
    """Return the rules that can be read, None for none, and what is wrong with the others."""
    if not isinstance(value, Mapping) or not value:
        return None, []
    rules, problems = [], []
    for name, rule in value.items():
        try:
            rules.append(_rule(str(name), rule))
        except _Unreadable as error:
            problems.append(error.problem)
    if len(value) > MAX_RULES:
        most = f"at most {MAX_RULES} rules are allowed (got {len(value)})"
        problems.append(RuleProblem((), most, "Join some with 'or'"))
    return (ResponseRules(tuple(rules[:MAX_RULES])) if rules else None), problems


class _Unreadable(Exception):
    def __init__(self, path: tuple[str, ...], message: str, fix: str = "") -> None:
        self.problem = RuleProblem(path, message, fix)
        super().__init__(message)


def _rule(name: str, rule: object) -> ResponseRule:
    if isinstance(rule, str):
        if not (found := _IN_BRACES.fullmatch(rule.strip())):
            raise _Unreadable((name,), "a rule that is a text is one condition in braces", 'Write "{{ body.error }}"')
        return ResponseRule(name, _condition((name,), found[1]), _STATUS, ())
    if not isinstance(rule, Mapping):
        raise _Unreadable((name,), "must be a condition in braces, or an object with a condition")
    for key in rule:
        if key not in _FIELDS:
            raise _Unreadable((name, str(key)), "unknown field", f"A rule has {', '.join(_FIELDS)}")
    written = rule.get("condition")
    if not isinstance(written, str):
        raise _Unreadable((name, "condition"), "required", "It says when an answer is a failure")
    in_braces = _IN_BRACES.fullmatch(written.strip())
    condition = _condition((name, "condition"), in_braces[1] if in_braces else written)
    return ResponseRule(name, condition, _status(name, rule), _message(name, rule.get("message") or ""))


def _condition(path: tuple[str, ...], text: str) -> Condition:
    try:
        return conditions.parse(text)
    except ConditionError as error:
        raise _Unreadable(path, error.message) from None


def _status(name: str, rule: Mapping[Any, Any]) -> int:
    status = rule.get("status", _STATUS)
    if type(status) is not int or status not in _STATUSES:
        raise _Unreadable((name, "status"), "must be a status of a failure, 400 to 599")
    return status


def _message(name: str, message: object) -> tuple[str | Condition, ...]:
    if not isinstance(message, str) or len(message) > MAX_MESSAGE:
        raise _Unreadable((name, "message"), f"must be a text of at most {MAX_MESSAGE} characters")
    parts = _IN_BRACES.split(message)
    path = (name, "message")
    return tuple(_condition(path, part) if place % 2 else part for place, part in enumerate(parts))


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value[:MAX_MESSAGE]
    try:
        return json.dumps(value, default=str)[:MAX_MESSAGE]
    except RecursionError:  # a value nested as deeply as an upstream likes
        return ""
