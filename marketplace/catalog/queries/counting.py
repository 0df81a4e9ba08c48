"""How many services stand behind each word of the market's filters, kept as long as the market does not change.

Counting takes longer than finding a page: 150 ms for 100,000 services. So a large set that was counted before the last
change is told as it was, and counted anew beside: one visitor in some seconds would notice, and none waits.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, F, Func, Max, QuerySet, TextField

from common.caches import of_process
from marketplace.catalog.models import MarketChange, Service

log = logging.getLogger(__name__)

#: What tells the market apart from what it was before its last change.
Version = tuple[int | None, int]
#: Smaller sets are counted at once.
_LARGE = 2_000
_KEPT_SECONDS = 600
#: A large set is not counted more often than this.
_PAUSE_SECONDS = 5
#: One at a time: visitors come first.
_beside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="market-counts")


@dataclass(frozen=True, slots=True)
class Counted:
    """How many services there are: in all, and {facet word: services}."""

    version: Version
    total: int
    by_word: dict[str, int]


def version() -> Version:
    """Return the version of the market as it is now."""
    last = MarketChange.objects.aggregate(last=Max("pk"), number=Count("pk"))
    return last["last"], last["number"]


def counted(asked: object, found: Callable[[], QuerySet[Service]], now: Version) -> Counted:
    """Return the counts of a set of services. asked: what tells it from others; found: finds it."""
    key = f"catalog.market.{hashlib.sha256(repr(asked).encode()).hexdigest()}"
    kept: Counted | None = of_process.get(key)
    if kept is None or (kept.version != now and kept.total < _LARGE):
        return _count(key, found, now)
    if kept.version != now and of_process.add(f"{key}.anew", True, _PAUSE_SECONDS):
        _beside.submit(_count_beside, key, found, now)
    return kept


def _count_beside(key: str, found: Callable[[], QuerySet[Service]], now: Version) -> None:
    try:
        _count(key, found, now)
    except Exception:  # nobody waits for it: the next visitor has it counted again
        log.exception("market.count_failed")
    finally:
        connection.close()


def _count(key: str, found: Callable[[], QuerySet[Service]], now: Version) -> Counted:
    words = found().order_by().annotate(word=Func(F("facets"), function="unnest", output_field=TextField()))
    by_word = dict(words.values("word").annotate(number=Count("pk")).values_list("word", "number"))
    # every service has exactly one type
    total = sum(number for word, number in by_word.items() if word.startswith("type:"))
    result = Counted(now, total, by_word)
    of_process.set(key, result, _KEPT_SECONDS)
    return result
