"""From a path to one upstream call, or to the reason why there is none.

Pure: the gateway loads the records and carries the plan out; an explanation of a call uses the same functions.
`expansion` makes trees of these calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from domain.routing.codes import canonical_code
from domain.routing.grammar import ParsedPath
from domain.routing.matching import Match, NoKey, Table, canonical
from domain.routing.snapshot import ChannelRecord, CustomerRecord, EnrollmentRecord, PriceRecord, ServiceRecord
from domain.usage import LogLevel

#: How a call comes in, and so by which channels it can go on. "any": to be shown, not made.
Access = Literal["http", "websocket", "grpc", "any"]
_CARRIED = frozenset({"http", "websocket", "grpc"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call is not made. code: one word; message: what to do next; facts: for the log."""

    status: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Found:
    """Which service is meant. enrollment: the one that the path names, when it names one."""

    service_id: str
    enrollment: EnrollmentRecord | None
    rest: tuple[str, ...]
    channel: str | None


@dataclass(frozen=True, slots=True)
class Call:
    """One upstream call. price: what applies to this customer; rest: raw path segments for the upstream.

    forwards: members of a JSON body that are sent in place of the caller's. log: what of the call is to be kept.
    retries: under /f/, so that a channel with several servers tries another one.
    """

    service: ServiceRecord
    channel: ChannelRecord
    enrollment: EnrollmentRecord | None
    price: PriceRecord
    wallet_id: str
    rest: tuple[str, ...]
    query: str
    forwards: dict[str, Any] | None = None
    log: LogLevel = "none"
    retries: bool = False


def find(
    parsed: ParsedPath, *, routing_key: dict[str, Any] | None, routes: Table, customer: CustomerRecord, own: Table
) -> Found | Refusal:
    """Return which service a parsed path means for this customer.

    routes: everybody's paths, values are service ids. own: the paths of the customer's enrollments, values are codes.
    """
    if parsed.target == "e":
        return _by_code(parsed.segments[0], parsed.segments[1:], customer)
    if (service_id := _as_uuid(parsed.segments[0])) is not None:
        channel = parsed.segments[0].partition("@")[2]
        return Found(service_id=service_id, enrollment=None, rest=parsed.segments[1:], channel=channel or None)
    key = canonical(routing_key)
    mine, all_of_us = own.match(parsed.segments, key), routes.match(parsed.segments, key, customer.by_service)
    if isinstance(mine, Match) and (not isinstance(all_of_us, Match) or mine.length >= all_of_us.length):
        enrollment = customer.by_code.get(mine.value)
        if enrollment is not None:
            return Found(enrollment.service_id, enrollment, mine.rest, mine.channel)
    if isinstance(all_of_us, Match):
        return Found(all_of_us.value, None, all_of_us.rest, all_of_us.channel)
    return _unknown(parsed, routing_key, all_of_us or (mine if isinstance(mine, NoKey) else None))


def choose(
    found: Found,
    service: ServiceRecord,
    customer: CustomerRecord,
    parsed: ParsedPath,
    *,
    forwards: dict[str, Any] | None = None,
    log: LogLevel = "none",
    retries: bool = False,
    access: Access = "http",
    sold_as: ServiceRecord | None = None,
) -> Call | Refusal:
    """Return the call to make: enrollment, channel, price and wallet, or what is missing.

    sold_as: the platform service that `service` is called for: its price counts, and nobody enrolls in the member.
    """
    enrollment = None if sold_as is not None else found.enrollment or _only_enrollment(service, customer)
    if isinstance(enrollment, Refusal):
        return enrollment
    if enrollment is not None and enrollment.paused:
        return Refusal(402, "enrollment_paused", enrollment.paused)
    if sold_as is None and (refusal := check_service(service, enrollment, parsed)) is not None:
        return refusal
    pinned = parsed.control.get("_channel") or found.channel
    channel = _channel(service, enrollment, customer, pinned, access)
    if isinstance(channel, Refusal):
        return channel
    price = enrollment.price if enrollment else (sold_as or service).price
    wallet_id = customer.wallets.get(price.currency)
    if wallet_id is None:
        message = f"{(sold_as or service).name} is sold in {price.currency}. Open a wallet in it under Billing, Wallet."
        return Refusal(402, "wallet_missing", message)
    return Call(service, channel, enrollment, price, wallet_id, found.rest, parsed.query, forwards, log, retries)


def _by_code(typed: str, rest: tuple[str, ...], customer: CustomerRecord) -> Found | Refusal:
    code, _, channel = typed.partition("@")
    enrollment = customer.by_code.get(canonical_code(code))
    if enrollment is None:
        message = "You have no active enrollment with this code. Your codes are listed under Services, Enrollments."
        return Refusal(404, "enrollment_not_found", message)
    return Found(enrollment.service_id, enrollment, rest, channel or None)


def _only_enrollment(service: ServiceRecord, customer: CustomerRecord) -> EnrollmentRecord | Refusal | None:
    own = customer.by_service.get(service.id, [])
    own = [enrollment for enrollment in own if not enrollment.paused] or own
    if len(own) > 1 and service.requires_enrollment:
        codes = ", ".join(sorted(enrollment.code for enrollment in own))
        message = f"You have several enrollments in {service.name}. Say which one: call /e/<code>/ with one of {codes}."
        return Refusal(409, "enrollment_ambiguous", message)
    return own[0] if own else None


def check_service(service: ServiceRecord, enrollment: EnrollmentRecord | None, parsed: ParsedPath) -> Refusal | None:
    """Return why a customer cannot call a service at all, or None."""
    enrolled = enrollment is not None
    if service.status not in {"active", "deprecated"} or (service.visibility == "private" and not enrolled):
        return nothing_there(parsed)
    if service.status == "deprecated" and not enrolled:
        return Refusal(410, "service_deprecated", f"{service.name} takes no new customers. Choose another service.")
    if service.requires_enrollment and not enrolled:
        message = f"{service.name} needs an enrollment. Enroll on its page in the market, then call again."
        return Refusal(403, "enrollment_required", message)
    return None


def _channel(
    service: ServiceRecord,
    enrollment: EnrollmentRecord | None,
    customer: CustomerRecord,
    pinned: str | None,
    access: Access,
) -> ChannelRecord | Refusal:
    ordered = sorted(service.channels, key=lambda each: (not each.is_primary, each.sort_order, each.name))
    if pinned is not None:
        ordered = [channel for channel in ordered if channel.name == pinned]
        if not ordered:
            known = ", ".join(sorted(channel.name for channel in service.channels))
            return Refusal(404, "channel_not_found", f"{service.name} has no channel {pinned!r}. It has: {known}.")
    reasons = []
    for channel in ordered:
        refusal = _unusable(service, channel, enrollment, customer, access)
        if refusal is None:
            return channel
        reasons.append(refusal)
    if not reasons:
        return Refusal(503, "channel_missing", f"{service.name} has no active channel. Ask its seller.")
    return reasons[0]


def _unusable(
    service: ServiceRecord,
    channel: ChannelRecord,
    enrollment: EnrollmentRecord | None,
    customer: CustomerRecord,
    access: Access,
) -> Refusal | None:
    method = channel.access_method
    if method not in _CARRIED:
        message = f"{service.name} is not reached by plain HTTP but by {method}. See its page."
        return Refusal(400, "wrong_access_method", message)
    if access not in {method, "any"}:
        return _otherwise(service.name, method)
    if channel.type == "enrollable" and enrollment is None:
        message = f"The channel {channel.name!r} of {service.name} needs an enrollment. Enroll on its page, then call."
        return Refusal(403, "enrollment_required", message)
    missing = sorted(set(channel.required_secrets) - customer.secret_names)
    if missing:
        names = ", ".join(missing)
        message = f"{service.name} uses your own key. Store {names} under Developer, Secrets, then call again."
        return Refusal(424, "secret_missing", message)
    return None


def _otherwise(name: str, method: str) -> Refusal:
    """Return what is said to those who come in another way than a service is called."""
    match method:
        case "websocket":
            message = f"{name} is called by WebSocket. Connect to this address with 'Upgrade: websocket'; see its page."
            return Refusal(426, "websocket_required", message)
        case "grpc":
            message = f"{name} is called by gRPC. Speak HTTP/2 with application/grpc; its page shows how."
            return Refusal(426, "grpc_required", message)
    message = f"{name} is called by plain HTTP requests. Send one, without an upgrade."
    return Refusal(400, "http_required", message)


def nothing_there(parsed: ParsedPath) -> Refusal:
    """Return what is said where nothing answers, and alike of a service that is not for this customer to know of."""
    message = "There is no such service. Browse the market for what is on offer."
    if parsed.target == "p" and _as_uuid(parsed.segments[0]) is None:
        path = "/".join(parsed.segments[:3])[:120]
        message = f"No service answers at /p/{path}. Browse the market for addresses."
    return Refusal(404, "service_not_found", message)


def _unknown(parsed: ParsedPath, routing_key: dict[str, Any] | None, no_key: NoKey | None) -> Refusal:
    if no_key is None:
        return nothing_there(parsed)
    known = ", ".join(sorted(key or "(no routing key)" for key in no_key.known)[:20])
    asked = canonical(routing_key) or "no routing key"
    message = f"No service answers at /p/{no_key.path} for {asked[:200]}. It knows: {known}."
    return Refusal(404, "routing_key_unknown", message)


def _as_uuid(segment: str) -> str | None:
    head = segment.partition("@")[0]
    if len(head) not in {32, 36}:
        return None
    try:
        return str(UUID(head))
    except ValueError:
        return None
