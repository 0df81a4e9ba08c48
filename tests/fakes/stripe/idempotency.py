"""Idempotency keys: the same request gets the same answer again, errors included, for a day.

Kept is what was answered once the execution had begun; a request that failed its validation leaves its key free.
Source: https://docs.stripe.com/api/idempotent_requests
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from tests.fakes.stripe.errors import idempotency, malformed

_KEPT_SECONDS = 24 * 60 * 60
_LONGEST_KEY = 255


@dataclass(slots=True)
class _Use:
    """One key. answer: (status, body), None while the request is being executed."""

    asked: tuple[str, str, str]
    began_at: int
    answer: tuple[int, dict[str, Any]] | None = None


class Keys:
    """The keys used by now. What they stand for is (method, path, body)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._uses: dict[str, _Use] = {}

    def clear(self) -> None:
        """Forget all keys."""
        self._uses.clear()

    def answered(self) -> dict[str, list[Any]]:
        """Return the keys that were answered, as JSON takes them."""
        with self._lock:
            return {key: [use.asked, use.began_at, use.answer] for key, use in self._uses.items() if use.answer}

    def remember(self, answered: dict[str, list[Any]], now: int) -> None:
        """Take up the keys of an earlier time, but for those of more than a day ago."""
        for key, (asked, began_at, answer) in answered.items():
            if now - began_at <= _KEPT_SECONDS:
                self._uses[key] = _Use((asked[0], asked[1], asked[2]), began_at, (answer[0], answer[1]))

    def begin(self, key: str, asked: tuple[str, str, str], now: int) -> tuple[int, dict[str, Any]] | None:
        """Take a key: return what was answered under it before, or None for a new one. Raises: Refused."""
        if len(key) > _LONGEST_KEY:
            raise malformed("Idempotency keys can be at most 255 characters long.")
        with self._lock:
            use = self._uses.get(key)
            if use is None or now - use.began_at > _KEPT_SECONDS:
                self._uses[key] = _Use(asked, now)
                return None
            if use.asked != asked:
                raise idempotency(_other_request(key, use.asked))
            if use.answer is None:
                raise idempotency(_in_use(key), status=409, code="idempotency_key_in_use")
            return use.answer

    def keep(self, key: str, answer: tuple[int, dict[str, Any]]) -> None:
        """Answer the same from now on."""
        with self._lock:
            self._uses[key].answer = answer

    def free(self, key: str) -> None:
        """Let the key be used as if it had not been."""
        with self._lock:
            self._uses.pop(key, None)


def _other_request(key: str, asked: tuple[str, str, str]) -> str:
    return (
        "Keys for idempotent requests can only be used with the same parameters they were first used with. "
        f"Try using a key other than '{key}' if you meant to execute a different request than {asked[0]} {asked[1]}."
    )


def _in_use(key: str) -> str:
    return (
        f"There is currently another in-progress request using this Idempotent Key '{key}' "
        "(that probably means you submitted twice, and the other request is still going through)."
    )
