"""What is measured, at most every 15 seconds in each process."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from billing.rating import queries as rating
from common.caches import of_process
from config.status.words import Seen, Word, of_answer, of_health, of_lag
from gateway_admin.request_logs import service_health
from marketplace.catalog.models import Service

CACHE_SECONDS = 15
_TIMEOUT_SECONDS = 2
_KEY = "status"
_PLACES = {word: place for place, word in enumerate(Word)}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the platform. role: what stands still without it."""

    name: str
    role: str
    word: Word


@dataclass(frozen=True, slots=True)
class ServiceSeen:
    """A service on sale, in the last hour and the last day."""

    name: str
    reference: str
    hour: Seen
    day: Seen

    @property
    def word(self) -> Word:
        return self.day.word if self.hour.word is Word.NO_DATA else self.hour.word


@dataclass(frozen=True, slots=True)
class Status:
    """services: those in trouble first, then by name."""

    measured_at: datetime
    parts: tuple[Part, ...]
    services: tuple[ServiceSeen, ...]

    @property
    def word(self) -> Word:
        """Return the word for the platform as a whole: its worst part's."""
        return min((part.word for part in self.parts if part.word is not Word.NO_DATA), key=_PLACES.__getitem__)


def status() -> Status:
    """Return what was measured within the last 15 seconds."""
    known: Status | None = of_process.get(_KEY)
    if known is None:
        known = _measured(timezone.now())
        of_process.set(_KEY, known, CACHE_SECONDS)
    return known


def _measured(now: datetime) -> Status:
    try:
        lag, services = of_lag(rating.lag().seconds), _services(now)
        database = Word.OPERATIONAL
    except OperationalError:
        lag, services, database = Word.NO_DATA, (), Word.DOWN
    parts = (
        Part("Gateway", "takes the calls", of_answer(gateway_answers())),
        Part("Database", "holds accounts, wallets and services", database),
        Part("Redis", "carries jobs, and counts for limits", of_answer(redis_answers())),
        Part("Settlement", "turns usage into charges; calls go on without it", lag),
    )
    return Status(now, parts, services)


def _services(now: datetime) -> tuple[ServiceSeen, ...]:
    lately = service_health.lately(now=now)
    found = [
        ServiceSeen(
            shown or name,
            name,
            of_health(lately.get((pk, service_health.HOUR))),
            of_health(lately.get((pk, service_health.DAY))),
        )
        for pk, name, shown in Service.objects.in_market().order_by().values_list("pk", "name", "display_name")
    ]
    return tuple(sorted(found, key=lambda each: (_PLACES[each.word], each.name.lower())))


def redis_answers() -> bool:
    """Return whether Redis can be reached from here."""
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS
        ) as connection:
            return bool(connection.ping())
    except redis.RedisError:
        return False


def gateway_answers() -> bool:
    """Return whether the gateway answers a call without a key, other than that it is broken. Costs nobody anything."""
    address = urlsplit(settings.GATEWAY_INTERNAL_URL)
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = kind(address.hostname or "", address.port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", f"{address.path.rstrip('/')}/p/status")
        return connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
