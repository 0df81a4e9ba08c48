"""What lives longer than a call is paid for in steps: a WebSocket, a stream of gRPC messages.

Nobody knows beforehand how much such a connection will use. So a bound is set, the money for it is held, and before
the bound is passed it is moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

Bound = Mapping[str, int | Decimal]

_ALL = Decimal(1)
#: The first bound, and the least by which it is moved.
STEP: dict[str, int] = {"seconds": 60, "bytes_in": 64 * 1024, "bytes_out": 64 * 1024, "count": 16}


def covers(bound: Bound, used: Bound) -> bool:
    """Return whether a usage lies within a bound."""
    return all(amount <= bound[metric] for metric, amount in used.items())


def moved(bound: Bound, used: Bound, share: Decimal = _ALL) -> dict[str, int | Decimal]:
    """Return a bound that covers `used`, moved in the metrics in which it did not.

    share: of a full step, which is half of what has been used by now, and at least STEP. With less than all of it the
    bound is drawn in where it was ahead too, so that the last of the money serves what is needed: 0 is just what is
    used. A busy connection asks for money ever more seldom, and never holds more than half as much again as it used.
    """
    is_tight = share < _ALL
    return {
        metric: edge if used[metric] <= edge and not is_tight else used[metric] + _step(metric, used[metric], share)
        for metric, edge in bound.items()
    }


def _step(metric: str, amount: int | Decimal, share: Decimal) -> int:
    return int(share * max(STEP[metric], amount // 2))
