"""Which row of an alias, which members of a group, how many targets of a broadcast a call means."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace
from typing import Any

from domain.routing.asking import Asker
from domain.routing.matching import canonical
from domain.routing.plan import Call, Refusal
from domain.routing.snapshot import AliasRecord, AliasRow, BroadcastRecord, GroupMember, GroupRecord
from domain.routing.tree import Candidate


def row(record: AliasRecord, key: dict[str, Any] | None) -> AliasRow | None:
    """Return the row that is switched on for the routing key; one without a key takes what no other does."""
    routing = [row for row in record.rows if row.is_routing]
    wanted = canonical(key)
    for row in routing:
        if row.request_routing_key and canonical(row.request_routing_key) == wanted:
            return row
    return next((row for row in routing if not row.request_routing_key), None)


def row_keys(record: AliasRecord) -> list[str]:
    """Return the routing keys, canonical, that lead somewhere; "" for the row that takes what no other does."""
    return sorted({canonical(row.request_routing_key) for row in record.rows if row.is_routing})


def no_row(record: AliasRecord, key: dict[str, Any] | None) -> Refusal:
    """Return what is said when no row takes the routing key."""
    routing = (row.request_routing_key for row in record.rows if row.is_routing)
    known = ", ".join(sorted(canonical(each) for each in routing if each)[:20])
    asked = canonical(key)[:200] or "a call without routing key"
    message = (
        f"The alias {record.name!r} leads nowhere for {asked}. It knows: {known or 'nothing that is switched on'}."
    )
    return Refusal(404, "routing_key_unknown", message)


def known_to(record: GroupRecord, knows: Container[str]) -> GroupRecord:
    """Return a group as somebody sees it. knows: the private services that they may know of.

    What stands in a collection was put there by its customer, who knows of it.
    """
    if record.access == "collection" or not any(member.is_private for member in record.members):
        return record
    seen = tuple(member for member in record.members if not member.is_private or member.service_id in knows)
    return replace(record, members=seen)


def members(record: GroupRecord, key: dict[str, Any] | None) -> Sequence[GroupMember] | Refusal:
    """Return the members that a routing key means."""
    if not record.members:
        if record.access == "collection":
            message = f"The group {record.name!r} has no members. Add some, then call again."
        else:
            message = f"The group {record.name!r} has no members now. Call another one, or call again later."
        return Refusal(503, "group_unavailable", message)
    wanted = canonical(key)
    fitting = [member for member in record.members if member.routing_key and canonical(member.routing_key) == wanted]
    if fitting:
        return fitting
    if record.access == "open" or (record.access == "collection" and not wanted):
        return record.members
    if record.access == "collection" and (free := [member for member in record.members if not member.routing_key]):
        return free  # what asks for no key takes what no other does
    known = sorted({canonical(member.routing_key) for member in record.members if member.routing_key})
    message = f"The group {record.name!r} has nobody for {wanted[:200] or 'a call without routing key'}."
    return Refusal(404, "routing_key_unknown", f"{message} It knows: {', '.join(known[:20]) or 'no routing key'}.")


def depends_on_key(record: GroupRecord) -> bool:
    """Return whether the routing key of a request decides who takes part."""
    return len({canonical(member.routing_key) for member in record.members}) > 1


def unknown_of(record: GroupRecord, policy: str, asker: Asker) -> str:
    """Return what decides under a policy and is not known of the asker, in words; "" when all is known."""
    if policy != "sticky":
        return ""
    if record.sticky_header and asker.header is None:
        return f"the header {record.sticky_header}"
    return "" if record.sticky_header or asker.caller else "the API key"


def candidate(member: GroupMember, call: Call | Refusal) -> Candidate:
    if isinstance(call, Refusal):
        out = f"{call.code}: {call.message}"
        return Candidate(member.service_id, "", "", member.weight, member.price, None, out)
    enrollment = call.enrollment.id if call.enrollment else None
    service = call.service
    return Candidate(service.id, service.name, service.provider_name, member.weight, member.price, enrollment, "")


def nobody(record: GroupRecord, refusals: Sequence[Refusal]) -> Refusal:
    """Return why no member can be called: their common reason, when there is one."""
    if len({refusal.code for refusal in refusals}) == 1:
        return refusals[0]
    reasons = " ".join(refusal.message for refusal in refusals[:3])
    return Refusal(503, "group_unavailable", f"No member of the group {record.name!r} can be called. {reasons}")


def needed(record: BroadcastRecord) -> int:
    if record.policy == "all":
        return len(record.targets)
    return 1 if record.policy == "any" else min(record.quorum, len(record.targets))
