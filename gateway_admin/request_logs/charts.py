"""Numbers as boxes of an SVG: whole units, so that no style is needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway_admin.request_logs.models import RequestLog
from gateway_admin.request_logs.queries import Bar

#: Of the drawing, in its own units.
WIDTH, HEIGHT = 960, 96
_GAP = 2


@dataclass(frozen=True, slots=True)
class Box:
    """kind: answered, refused or failed."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Histogram:
    """boxes: from left to right, each bar from the bottom up. most: of one bar."""

    bars: Sequence[Bar]
    boxes: Sequence[Box]
    most: int
    total: int
    starts_at: datetime
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True, slots=True)
class Span:
    """One attempt in the waterfall: x, width in hundredths of the whole."""

    row: RequestLog
    x: float
    width: float
    took_ms: int
    starts_after_ms: int
    has_failed: bool


def histogram(bars: Sequence[Bar]) -> Histogram:
    """Return the drawing of a histogram."""
    most = max((bar.total for bar in bars), default=0)
    step = WIDTH / max(len(bars), 1)
    boxes = []
    for number, bar in enumerate(bars):
        top = float(HEIGHT)
        for kind, count in (("answered", bar.answered), ("refused", bar.refused), ("failed", bar.failed)):
            if count:
                height = max(count / most * HEIGHT, 2.0)
                top -= height
                boxes.append(
                    Box(kind, round(number * step, 2), round(max(top, 0), 2), round(step - _GAP, 2), round(height, 2))
                )
    return Histogram(bars, boxes, most, sum(bar.total for bar in bars), bars[0].starts_at)


def waterfall(rows: Sequence[RequestLog]) -> list[Span]:
    """Return the attempts of a call against the time from its beginning to the last end."""
    if not rows:
        return []
    begins = [row.started_at.timestamp() * 1000 for row in rows]
    start = min(begins)
    # a call of several is longer than its own attempt, which is shown here
    took = [(row.upstream_ms or row.latency_ms) if len(rows) > 1 else row.latency_ms for row in rows]
    whole = max(max(begin + each for begin, each in zip(begins, took, strict=True)) - start, 1.0)
    return [
        Span(
            row,
            round((begin - start) / whole * 100, 2),
            round(max(each / whole * 100, 0.5), 2),
            round(each),
            round(begin - start),
            (row.upstream_status or row.status or 500) >= 400,
        )
        for begin, each, row in zip(begins, took, rows, strict=True)
    ]
