"""What has to be true before a service is submitted, and what helps it through the review."""

from __future__ import annotations

from dataclasses import dataclass

from common import ports
from marketplace.catalog import services as catalog
from marketplace.catalog.models import Service
from marketplace.testing import queries
from marketplace.testing.models import TestRun


@dataclass(frozen=True, slots=True)
class Item:
    """state: done, todo (submitting is refused) or open (it helps). lines: what is missing."""

    label: str
    state: str
    lines: tuple[str, ...] = ()


def checklist(service: Service, last: TestRun | None) -> list[Item]:
    """Return the points in the order in which they are worth doing."""
    problems = catalog.problems_for_sale(service)
    missing = sorted(set(service.seller_secrets) - ports.secret_names(service.seller_id))
    has_template = bool(queries.request_templates(service))
    return [
        Item("The files keep every rule for sale", "todo" if problems else "done", problems),
        Item(
            "Your secrets are stored", "todo" if missing else "done", tuple(f"{name} is missing." for name in missing)
        ),
        Item(
            "A request template says how it is called",
            "done" if has_template else "open",
            () if has_template else ("Without one, the platform makes a request up from the service's type.",),
        ),
        _tests(service, last),
    ]


def _tests(service: Service, last: TestRun | None) -> Item:
    label = "This content has passed its tests"
    if last is None or last.content_hash != service.content_hash:
        return Item(label, "open", ("Run them now, or submit: then they run by themselves.",))
    if last.is_open:
        return Item(label, "open", ("They are running.",))
    if last.has_passed:
        return Item(label, "done")
    return Item(label, "open", (f"{last.fail_count} of them failed, so a submission would be rejected.",))
