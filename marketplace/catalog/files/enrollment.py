"""Whether a service must be enrolled in before it can be called, and why."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace.catalog.files.channels import Channel
from marketplace.catalog.files.interfaces import Interface
from marketplace.catalog.files.parameters import property_names
from marketplace.catalog.files.prices import is_subscription
from marketplace.catalog.files.problems import JsonObject


def reasons_to_enroll(
    listing: JsonObject, parameters: JsonObject | None, channels: Sequence[Channel], interfaces: Sequence[Interface]
) -> tuple[str, ...]:
    """Return why a customer has to enroll, in words; empty when a key alone is enough.

    A service that only needs secrets of the customer needs no enrollment. Where one channel is made per enrollment and
    another is open to everyone, only the former asks for it (`Channel.type` says so): the service as a whole does not.
    """
    reasons = list(_for_everyone(listing))
    if not _has_open_way(channels, interfaces):
        reasons += _from_templates(parameters, channels, interfaces)
    return tuple(reasons)


def _for_everyone(listing: JsonObject) -> list[str]:
    options = listing.get("service_options")
    options = options if isinstance(options, dict) else {}
    enrollment = options.get("enrollment")
    reasons = []
    if isinstance(enrollment, dict) and enrollment.get("required") is True:
        reasons.append("the seller requires it")
    if options.get("prompt_recurrence") is True:
        reasons.append("it is called on a schedule")
    if is_subscription(listing.get("list_price")) or options.get("plan_required") is True:
        reasons.append("it is paid by the month")
    return reasons


def _has_open_way(channels: Sequence[Channel], interfaces: Sequence[Interface]) -> bool:
    """Return whether some channel is per enrollment, and another one can be reached without any."""
    active = [channel for channel in channels if channel.is_active]
    is_mixed = any(c.type == "enrollable" for c in active) and any(c.type != "enrollable" for c in active)
    return is_mixed and any(interface.is_active and not interface.is_per_enrollment for interface in interfaces)


def _from_templates(
    parameters: JsonObject | None, channels: Sequence[Channel], interfaces: Sequence[Interface]
) -> list[str]:
    reasons = []
    if property_names(parameters):
        reasons.append("it has parameters")
    per_enrollment = any(c.type == "enrollable" for c in channels) or any(i.is_per_enrollment for i in interfaces)
    if per_enrollment and not reasons:
        reasons.append("each enrollment has an address of its own")
    return reasons
