"""What a statement says, as one value: frozen rows and the month "so far" become it, every format is made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from billing.ledger.models import TransactionKind
from billing.statements.cents import apportioned, in_cents
from billing.statements.countries import COUNTRIES
from billing.statements.models import LineKind

_ZERO = Decimal(0)
_MOMENT = timedelta(microseconds=1)

#: Where a movement of the wallet is counted; all others are credits.
TOP_UPS = frozenset({TransactionKind.TOP_UP, TransactionKind.PAYMENT})
REFUNDS = frozenset({TransactionKind.REFUND, TransactionKind.CHARGEBACK})
FEES = frozenset({TransactionKind.FEE})
_COUNTED = TOP_UPS | REFUNDS | FEES


@dataclass(frozen=True, slots=True)
class Party:
    """Who issues a statement, or whom it is addressed to. country: two letters; all but the name may be empty."""

    name: str
    address: tuple[str, ...] = ()
    country: str = ""
    tax_id: str = ""

    @property
    def country_name(self) -> str:
        return COUNTRIES.get(self.country, self.country)

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "address": list(self.address), "country": self.country, "tax_id": self.tax_id}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Party:
        return cls(stored["name"], tuple(stored["address"]), stored["country"], stored["tax_id"])


@dataclass(frozen=True, slots=True)
class Discount:
    """What one promotion took off a line. funded_by: seller or platform."""

    id: str
    name: str
    amount: Decimal
    funded_by: str

    def to_json(self) -> dict[str, str]:
        return {"id": self.id, "name": self.name, "amount": f"{self.amount:f}", "funded_by": self.funded_by}

    @classmethod
    def from_json(cls, stored: dict[str, str]) -> Discount:
        return cls(stored["id"], stored["name"], Decimal(stored["amount"]), stored["funded_by"])


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a statement; the columns are explained at models.StatementLine. late_months: first days."""

    kind: LineKind
    service_id: UUID | None
    service_name: str
    net: Decimal
    enrollment_id: UUID | None = None
    enrollment_code: str = ""
    channel: str = ""
    late_months: tuple[date, ...] = ()
    requests: int = 0
    metrics: tuple[tuple[str, str], ...] = ()
    listed: Decimal = _ZERO
    covered: Decimal = _ZERO
    discounted: Decimal = _ZERO
    waived: Decimal = _ZERO
    promotions: tuple[Discount, ...] = ()

    @property
    def is_promotion(self) -> bool:
        return self.kind == LineKind.PROMOTION

    @property
    def late(self) -> str:
        """Say for which months it is an adjustment: "October 2026, arrived late"; empty for calls of the month."""
        months = " and ".join(f"{month:%B %Y}" for month in self.late_months)
        return f"{months}, arrived late" if months else ""

    @property
    def quantities(self) -> list[str]:
        """Return the metrics in words: "1,200 input tokens"."""
        return [f"{Decimal(quantity):,f} {name.replace('_', ' ')}" for name, quantity in self.metrics]


@dataclass(frozen=True, slots=True)
class Movement:
    """A movement of the wallet. kind: of what it was, also where a reversal takes it back; amount: signed."""

    seq: int
    at: datetime
    kind: str
    label: str
    memo: str
    amount: Decimal


@dataclass(frozen=True)
class Contents:
    """A month of a wallet. number, issued_at: None while it is not frozen. lines: usage first, then promotions on the
    statement. opening_seq, closing_seq: the movements on it are those of the wallet after the one, up to the other.
    """

    number: str | None
    issued_at: datetime | None
    period: date
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    currency: str
    issuer: Party
    customer: Party
    tax_note: str
    opening_seq: int
    opening_balance: Decimal
    lines: Sequence[Line]
    movements: Sequence[Movement]

    @property
    def closing_seq(self) -> int:
        return self.movements[-1].seq if self.movements else self.opening_seq

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell: no usage, no movement, no balance."""
        return not (self.lines or self.movements or self.opening_balance)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing happened, so that nobody need be told."""
        return not (self.lines or self.movements)

    def _sum_of(self, column: Callable[[Line], Decimal]) -> Decimal:
        return sum((column(line) for line in self.lines), start=_ZERO)

    @cached_property
    def listed(self) -> Decimal:
        return self._sum_of(lambda line: line.listed)

    @cached_property
    def covered(self) -> Decimal:
        return self._sum_of(lambda line: line.covered)

    @cached_property
    def discounted(self) -> Decimal:
        return self._sum_of(lambda line: line.discounted)

    @cached_property
    def waived(self) -> Decimal:
        return self._sum_of(lambda line: line.waived)

    @cached_property
    def usage(self) -> Decimal:
        return self._sum_of(lambda line: line.net)

    @cached_property
    def top_ups(self) -> Decimal:
        return _sum_of(self.movements, lambda kind: kind in TOP_UPS)

    @cached_property
    def credits(self) -> Decimal:
        return _sum_of(self.movements, lambda kind: kind not in _COUNTED)

    @cached_property
    def refunds(self) -> Decimal:
        return -_sum_of(self.movements, lambda kind: kind in REFUNDS)

    @cached_property
    def fees(self) -> Decimal:
        return -_sum_of(self.movements, lambda kind: kind in FEES)

    @property
    def total(self) -> Decimal:
        """What the month cost: usage and fees."""
        return self.usage + self.fees

    @cached_property
    def closing_balance(self) -> Decimal:
        return self.opening_balance + _sum_of(self.movements, lambda kind: True) - self.usage

    @property
    def fee_movements(self) -> list[Movement]:
        return [movement for movement in self.movements if movement.kind in FEES]

    @cached_property
    def cents(self) -> list[Decimal]:
        """Return what the lines and then the fees are in cents; they sum up to `total_in_cents`."""
        exact = [line.net for line in self.lines] + [-fee.amount for fee in self.fee_movements]
        return apportioned(exact, self.currency)

    @property
    def total_in_cents(self) -> Decimal:
        return in_cents(self.total, self.currency)

    @property
    def lines_in_cents(self) -> list[tuple[Line, Decimal]]:
        return list(zip(self.lines, self.cents, strict=False))

    @property
    def fees_in_cents(self) -> list[tuple[Movement, Decimal]]:
        return list(zip(self.fee_movements, self.cents[len(self.lines) :], strict=True))

    @property
    def usage_in_cents(self) -> Decimal:
        return sum(self.cents[: len(self.lines)], start=_ZERO)

    @property
    def first_day(self) -> date:
        return self.starts_at.astimezone(ZoneInfo(self.time_zone)).date()

    @property
    def last_day(self) -> date:
        """Return the day of the last moment before `ends_at`."""
        return (self.ends_at - _MOMENT).astimezone(ZoneInfo(self.time_zone)).date()


def _sum_of(movements: Iterable[Movement], counts: Callable[[str], bool]) -> Decimal:
    return sum((movement.amount for movement in movements if counts(movement.kind)), start=_ZERO)
