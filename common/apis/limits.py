"""How many requests a caller may make: counted in Redis, so that every process of the web counts together.

The generic cell rate algorithm: a caller has `limit` requests a minute, all at once if they like, and gets them back
one by one. Exact, one key a caller, nothing to clean up. Without Redis everybody is let in.
"""

from __future__ import annotations

import hashlib
import logging
import time
from dataclasses import dataclass
from functools import lru_cache

import redis

PERIOD_SECONDS = 60
#: How long Redis is left alone after it failed, so that an outage slows nobody down.
_PAUSE_SECONDS = 5.0
_TIMEOUT_SECONDS = 0.25
_log = logging.getLogger(__name__)

# KEYS[1]: the caller. ARGV[1]: requests a period; ARGV[2]: the period in microseconds.
# Returns {is allowed, requests left, microseconds until all are back, microseconds until one is}.
_SCRIPT = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local period, step = tonumber(ARGV[2]), ARGV[2] / ARGV[1]
local full_at = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now) + step
if full_at - period > now then
  return {0, 0, math.ceil(full_at - step - now), math.ceil(full_at - period - now)}
end
redis.call('SET', KEYS[1], string.format('%.0f', full_at), 'PX', math.ceil((full_at - now) / 1000) + 1)
return {1, math.floor((period - (full_at - now)) / step), math.ceil(full_at - now), 0}
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may go on. reset_seconds: until all requests are back; retry_seconds: until one is."""

    is_allowed: bool
    limit: int
    remaining: int
    reset_seconds: int
    retry_seconds: int

    @property
    def headers(self) -> dict[str, str]:
        """Return what the caller is told, in the words of the gateway's answers."""
        told = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_seconds),
        }
        return told if self.is_allowed else {**told, "Retry-After": str(max(self.retry_seconds, 1))}


class Counter:
    """Counts requests. One a process."""

    def __init__(self, url: str) -> None:
        timeouts = {"socket_timeout": _TIMEOUT_SECONDS, "socket_connect_timeout": _TIMEOUT_SECONDS}
        self._redis = redis.Redis.from_url(url, **timeouts)
        self._script = self._redis.register_script(_SCRIPT)
        self._asleep_until = 0.0

    def count(self, caller: str, limit: int) -> Verdict | None:
        """Count one request of a caller; None when nobody can count. limit: requests a minute, more than 0."""
        if time.monotonic() < self._asleep_until:
            return None
        try:
            allowed, left, reset, retry = self._script(keys=[f"api:{caller}"], args=[limit, PERIOD_SECONDS * 1_000_000])
        except redis.RedisError as error:
            self._asleep_until = time.monotonic() + _PAUSE_SECONDS
            _log.warning("api.limits_unavailable", extra={"error": type(error).__name__})
            return None
        return Verdict(bool(allowed), limit, left, _seconds(reset), _seconds(retry))


@lru_cache(maxsize=4)
def counter(url: str) -> Counter:
    """Return the process's counter at a Redis."""
    return Counter(url)


def of_key(key: str) -> str:
    """Return the name under which the requests of an API key are counted. It does not give the key away."""
    return f"key:{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def of_address(address: str) -> str:
    """Return the name under which the requests of an address without a key are counted."""
    return f"address:{address}"


def _seconds(microseconds: int) -> int:
    return -(-microseconds // 1_000_000)
