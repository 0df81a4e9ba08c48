"""What became of a service since it was listed, as far as it is everybody's to know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from marketplace.catalog.models import Service, ServiceStatus, StatusChange

#: What a change of status means to customers. Reviews and tests are between seller and operators.
_SAID = {
    ServiceStatus.ACTIVE: "Its seller's changes were approved",
    ServiceStatus.SUSPENDED: "Its sale was suspended",
    ServiceStatus.DEPRECATED: "Its sale was ended: no new enrollments",
}
_BACK = "It is on sale again"
_LISTED = "It was listed"
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Step:
    """at: when; said: what happened, in a few words."""

    at: datetime
    said: str


def public_steps(service: Service) -> list[Step]:
    """Return what happened to a service on sale, newest first; why is between its seller and the operators."""
    changes = StatusChange.objects.filter(service=service, to_status__in=_SAID).order_by("at", "id")
    steps: list[Step] = []
    was_listed = False
    for change in changes:
        said = _SAID[ServiceStatus(change.to_status)]
        if change.to_status == ServiceStatus.ACTIVE:
            if not was_listed:
                said = _LISTED
            elif change.from_status in (ServiceStatus.SUSPENDED, ServiceStatus.DEPRECATED):
                said = _BACK
            was_listed = True
        steps.append(Step(change.at, said))
    return steps[-_SHOWN:][::-1]
