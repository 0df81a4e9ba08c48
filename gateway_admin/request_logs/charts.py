"""Numbers as boxes of an SVG, in its own units, so that no style is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway_admin.request_logs.models import RequestLog
from gateway_admin.request_logs.queries import Bar

#: Of the drawing, in its own units.
WIDTH, HEIGHT = 960, 96
_GAP = 2


@dataclass(frozen=True, slots=True)
class Histogram:
    """paths: {answered, refused or failed: the outline of all its boxes}; one for each, not to write each box out.

    most: of one bar.
    """

    bars: Sequence[Bar]
    paths: Mapping[str, str]
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
    width = round(step - _GAP, 1)
    paths: dict[str, str] = {}
    for number, bar in enumerate(bars):
        top = float(HEIGHT)
        for kind, count in (("answered", bar.answered), ("refused", bar.refused), ("failed", bar.failed)):
            if count:
                height = max(count / most * HEIGHT, 2.0)
                top -= height
                box = f"M{number * step:.1f} {max(top, 0):.1f}h{width}v{height:.1f}h-{width}z"
                paths[kind] = paths.get(kind, "") + box
    return Histogram(bars, paths, most, sum(bar.total for bar in bars), bars[0].starts_at)


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
