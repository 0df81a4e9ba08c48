"""In which order the members of a group are tried. Pure: chance comes in as one number."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Protocol, TypeVar

from domain.routing.snapshot import GroupMember


class Weighted(Protocol):
    """Something that is drawn by its weight."""

    @property
    def weight(self) -> int: ...


W = TypeVar("W", bound=Weighted)


def by_weight(members: Sequence[W], draw: float) -> list[W]:
    """Return the members as if drawn one after the other without putting back, each by its weight.

    draw: in [0, 1). After a member is chosen, what is left of the number is evenly spread again, so one is enough.
    Members of weight 0 come last, in their own order.
    """
    left = [member for member in members if member.weight > 0]
    total = sum(member.weight for member in left)
    ordered: list[W] = []
    while left:
        point = draw * total
        index, below = 0, 0
        while index < len(left) - 1 and point >= below + left[index].weight:
            below += left[index].weight
            index += 1
        chosen = left.pop(index)
        draw = min(max((point - below) / chosen.weight, 0.0), math.nextafter(1.0, 0.0))
        total -= chosen.weight
        ordered.append(chosen)
    return ordered + [member for member in members if member.weight <= 0]


def by_price(members: Sequence[GroupMember], draw: float) -> list[GroupMember]:
    """Return the cheapest first; equal prices by weight, those without a price last."""
    ordered = by_weight(members, draw)
    return sorted(ordered, key=lambda member: (member.price is None, member.price or 0))


def by_latency(members: Sequence[GroupMember], draw: float, latency_ms: Mapping[str, float]) -> list[GroupMember]:
    """Return the fastest first. One that has not been measured comes before those that have, so that it will be."""
    ordered = by_weight(members, draw)
    return sorted(ordered, key=lambda member: latency_ms.get(member.service_id, -1.0))


def by_caller(members: Sequence[GroupMember], caller: str) -> list[GroupMember]:
    """Return the same order for the same caller, in shares by weight; a member that leaves moves only its own callers.

    Rendezvous hashing: each member scores ln(hash) / weight, the highest is first.
    """
    return sorted(members, key=lambda member: _score(member, caller), reverse=True)


def _score(member: GroupMember, caller: str) -> float:
    digest = blake2b(f"{caller}\n{member.service_id}".encode(), digest_size=7).digest()
    share = (int.from_bytes(digest, "big") + 1) / (2**56 + 1)
    return math.log(share) / member.weight if member.weight > 0 else -math.inf


def order(
    policy: str,
    members: Sequence[GroupMember],
    *,
    draw: Callable[[], float],
    latency_ms: Mapping[str, float],
    caller: str,
) -> list[GroupMember]:
    """Return the members in the order of a policy of GroupRecord; an unknown one counts as weighted_random."""
    if policy == "sticky":
        return by_caller(members, caller)
    if policy == "by_price":
        return by_price(members, draw())
    if policy == "lowest_latency":
        return by_latency(members, draw(), latency_ms)
    return by_weight(members, draw())
