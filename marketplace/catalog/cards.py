"""Services as the market shows them: a card in the list, a column of the comparison."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from domain import pricing
from marketplace.catalog import labels, queries
from marketplace.catalog.models import Service


@dataclass(frozen=True, slots=True)
class Card:
    """One service. explanation: its price in words, None when it has none."""

    service: Service
    accesses: tuple[labels.Access, ...]
    explanation: pricing.Explanation | None

    @property
    def type_label(self) -> str:
        return labels.type_label(self.service.service_type)

    @property
    def type_icon(self) -> str:
        return labels.type_icon(self.service.service_type)

    @property
    def reference(self) -> str:
        """Return how the page of the service is addressed."""
        return labels.reference(self.service.name, self.service.pk)

    @property
    def is_free(self) -> bool:
        """Return whether no call costs anything."""
        return self.explanation is not None and self.explanation.sentence == "Free."

    @property
    def rows(self) -> tuple[pricing.Row, ...]:
        """Return the ends of the price: input and output, the first tier and the last one."""
        rows = self.explanation.rows if self.explanation else ()
        return (rows[0], rows[-1]) if len(rows) > 2 else rows

    @property
    def common_unit(self) -> str:
        """Return the unit of the shown rows when they share one: it is then said once."""
        units = {row.unit for row in self.rows}
        return units.pop() if len(units) == 1 else ""

    @property
    def more_rows(self) -> int:
        return max(0, len(self.explanation.rows) - 2) if self.explanation else 0


def card(service: Service) -> Card:
    """Return a service with the words of its price; seller, provider and list_price are loaded."""
    return Card(service, tuple(labels.access(each) for each in service.channel_types), queries.price_explained(service))


def cards(services: Iterable[Service]) -> list[Card]:
    return [card(service) for service in services]
