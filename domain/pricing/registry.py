"""Every kind of price. A new kind is a file and a line here; the order is the one error sentences list."""

from __future__ import annotations

from domain.pricing import (
    channel,
    composite,
    constant,
    data_volume,
    extremes,
    graduated,
    payout,
    tiered,
    tokens,
    units,
)
from domain.pricing.reading import Read

KINDS: dict[str, Read] = {
    **tokens.KINDS,
    **units.KINDS,
    **data_volume.KINDS,
    **constant.KINDS,
    **composite.KINDS,
    **extremes.KINDS,
    **tiered.KINDS,
    **graduated.KINDS,
    **channel.KINDS,
    **payout.KINDS,
}
