"""A call that works, for the start page: of a service that is on sale now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from marketplace.catalog import labels
from marketplace.catalog import queries as catalog
from marketplace.catalog.models import Service
from marketplace.catalog.snippet import Snippet
from marketplace.catalog.snippets import snippets

#: What most visitors know how to call.
_KNOWN = "llm"


@dataclass(frozen=True, slots=True)
class FirstCall:
    """A service, how its page is addressed, and the call in the shell's words."""

    service: Service
    reference: str
    snippet: Snippet


def first_call(services: Iterable[Service]) -> FirstCall | None:
    """Return a call of one of these services, a language model's rather than another's; None when none can be shown."""
    for service in sorted(services, key=lambda each: each.service_type != _KNOWN):
        page = catalog.market_service(service.pk)
        for shown in page.interfaces:
            if "{{" not in shown.address and (found := snippets(page.service, shown)):
                return FirstCall(service, labels.reference(service.name, service.pk), found[0])
    return None
