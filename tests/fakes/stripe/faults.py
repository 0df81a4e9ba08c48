"""Answers that come late, wrong or not at all: for the calls that a test names, as often as it says."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase


class Fault(Enum):
    """What goes wrong. BEFORE: nothing was executed; AFTER: it was, and the caller does not learn of it."""

    SILENT_BEFORE = "silent before"
    SILENT_AFTER = "silent after"
    RESET_BEFORE = "reset before"
    RESET_AFTER = "reset after"
    #: 500, nothing done, the key stays free.
    ERROR_BEFORE = "error before"
    #: 500 although it was done, and the same 500 to each repetition with this key: only a list tells the truth.
    ERROR_AFTER = "error after"
    #: 503 from the way back: done, and a repetition with this key learns of it.
    LOST_AFTER = "lost after"
    RATE_LIMITED = "rate limited"
    #: Waits until the test lets go, with the key in use.
    HELD = "held"


@dataclass(slots=True)
class Rule:
    """One fault to come. times: how often, None for ever. met, go: for HELD."""

    fault: Fault
    method: str
    path: str
    times: int | None
    happened: int = 0
    met: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)


class Faults:
    """The faults of this test."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []

    def add(self, fault: Fault, call: str = "* *", *, times: int | None = 1) -> Rule:
        """Let it happen to the next calls. call: method and path with wildcards, as in `POST /v1/payment_intents*`."""
        method, path = call.split(" ")
        rule = Rule(fault, method, path, times)
        with self._lock:
            self._rules.append(rule)
        return rule

    def clear(self) -> None:
        """Let nothing go wrong any more, and let go what is held."""
        with self._lock:
            rules, self._rules = self._rules, []
        for rule in rules:
            rule.go.set()

    def next(self, method: str, path: str) -> Rule | None:
        """Return what happens to this call."""
        with self._lock:
            for rule in self._rules:
                if not (fnmatchcase(method, rule.method) and fnmatchcase(path, rule.path)):
                    continue
                if rule.times is None or rule.happened < rule.times:
                    rule.happened += 1
                    return rule
        return None
