"""Prices by the upstream channel a request used: managed, the customer's own key, the customer's own endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType

from domain.pricing.answers import Effective, Nominal, Row, Span, Trace, Voice
from domain.pricing.call import Call
from domain.pricing.effective import largest
from domain.pricing.errors import PricingError, quoted
from domain.pricing.price import Price
from domain.pricing.reading import Fields
from domain.pricing.words import clause


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelPrice(Price):
    """One price per channel; an unknown channel, or none, pays the default one's."""

    default: str
    channels: Mapping[str, Price]

    def cost(self, call: Call) -> Decimal:
        return self.channels[self._name(call)].cost(call)

    def trace(self, call: Call) -> Trace:
        name = self._name(call)
        child = self.channels[name].trace(call)
        return Trace(self.type, f"channel {name}", child.cost, (child,))

    def span(self, box: Call) -> Span:
        """Bound the channel of the box, or every channel when the box names none."""
        if box.channel is not None:
            return self.channels[self._name(box)].span(box)
        spans: list[Span] = []
        errors: list[PricingError] = []
        for price in self.channels.values():
            try:
                spans.append(price.span(box))
            except PricingError as error:
                errors.append(error)
        if not spans:
            raise errors[0]
        sure = not errors and all(span.sure for span in spans)
        return Span(min(span.low for span in spans), max(span.high for span in spans), sure)

    def children(self) -> tuple[Price, ...]:
        return tuple(self.channels.values())

    def missing(self, call: Call) -> frozenset[str]:
        return self.channels[self._name(call)].missing(call)

    def nominal(self) -> Nominal | None:
        """Return the usual figure, with the range of the channels as description when the seller wrote none."""
        figure = Price.nominal(self)
        return None if figure is None else replace(figure, description=self._range())

    def derived_nominal(self) -> Nominal | None:
        """Return the highest of the channels."""
        found = self._nominals()
        if not found:
            return None
        highest = max(found, key=_shown)
        return Nominal(highest.shown, max(nominal.amount for nominal in found))

    def effective(self) -> Effective | None:
        return largest(price.effective() for price in self.channels.values())

    def words(self, voice: Voice) -> str:
        return "; ".join(f"through {name}: {clause(price, voice)}" for name, price in self.channels.items())

    def rows(self, voice: Voice) -> tuple[Row, ...]:
        return tuple(row.under(name) for name, price in self.channels.items() for row in price.rows(voice))

    def _name(self, call: Call) -> str:
        return call.channel if call.channel is not None and call.channel in self.channels else self.default

    def _nominals(self) -> list[Nominal]:
        return [nominal for price in self.channels.values() if (nominal := price.nominal()) is not None]

    def _range(self) -> str | None:
        found = self._nominals()
        if self.description is not None or not found:
            return None
        ends = min(found, key=_shown), max(found, key=_shown)
        if _shown(ends[0]) == _shown(ends[1]):
            return None
        return " - ".join("Free" if _shown(end) == 0 else f"${end.shown}" for end in ends)


def _shown(nominal: Nominal) -> Decimal:
    return Decimal(nominal.shown)


def read(fields: Fields) -> Price:
    fields.common()
    given = fields.optional_decimal("price")
    default = fields.required_text("default")
    channels = fields.named_children("channels")
    if default and channels and default not in channels:
        fields.report(f"{quoted(default)} is not one of the channels {', '.join(sorted(channels))}", "default")
    return ChannelPrice(
        type="channel",
        given=given,
        description=fields.description,
        default=default,
        channels=MappingProxyType(channels),
    )


KINDS = {"channel": read}
