"""What a call uses: bounds before it is made, counts while its answer passes.

`requests` reads the request, `shapes` the ways in which upstreams state usage, `statements` finds them in what was kept
of an answer, `estimates` stands in where there are none, `meter` watches an answer, `hiding` takes out of a stream the
one event that was asked for by us, `steps` bounds what lives longer than a call.
Always true: input tokens never include cached ones; what nobody stated is estimated and flagged; hostile figures are
refused and flagged; memory is bounded, and nothing is ever decompressed.
"""

from domain.metering.meter import Meter, Used, used_by
from domain.metering.requests import (
    asks_for_stream,
    ensure_stream_usage,
    hold_usage,
    max_tokens,
    max_usage,
)
from domain.metering.shapes import HostileUsage

__all__ = [
    "HostileUsage",
    "Meter",
    "Used",
    "asks_for_stream",
    "ensure_stream_usage",
    "hold_usage",
    "max_tokens",
    "max_usage",
    "used_by",
]
