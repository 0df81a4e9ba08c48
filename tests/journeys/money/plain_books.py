"""What the money ought to be, in plain decimals: no database, no code of billing. A second opinion."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

ZERO, CENT, QUANTUM = Decimal(0), Decimal("0.01"), Decimal("1e-12")
GRACE, UNPAID_GRACE, DISPUTABLE = timedelta(hours=6), timedelta(days=3), timedelta(days=14)
SHARE = Decimal("0.7")


def exact(amount: Decimal) -> Decimal:
    return amount.quantize(QUANTUM, rounding=ROUND_HALF_EVEN)


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_DOWN)


def after(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def month_of(moment: datetime, zone: str = "UTC") -> date:
    return moment.astimezone(ZoneInfo(zone)).date().replace(day=1)


def end_of(month: date, zone: str) -> datetime:
    end = after(month)
    return datetime(end.year, end.month, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)


@dataclass
class Paid:
    """A top-up. left: of what was received, what neither refunds nor banks have taken."""

    at: datetime
    id: UUID
    amount: Decimal
    left: Decimal


@dataclass
class Loan:
    amount: Decimal
    left: Decimal
    state: str = "open"
    has_run_out: bool = False


@dataclass
class Quota:
    starts_at: datetime
    ends_at: datetime
    left: int


@dataclass
class Promotion:
    """takes: a factor that is left, or what comes off. redeemed: when by which wallet; None: it has no code."""

    factor: Decimal | None
    off: Decimal
    by_platform: bool
    on_statement: bool
    since: datetime
    until: datetime | None = None
    redeemed: dict[UUID, datetime] | None = None

    def holds(self, at: datetime, wallet: UUID) -> bool:
        begun = self.redeemed is None or (wallet in self.redeemed and self.redeemed[wallet] <= at)
        return begun and self.since <= at and (self.until is None or at < self.until)

    def takes(self, amount: Decimal) -> Decimal:
        return exact(amount - amount * self.factor) if self.factor is not None else min(self.off, amount)


@dataclass
class Charged:
    """A call that was settled. by_platform: what the platform's promotions took off."""

    wallet: UUID
    month: date
    at: datetime
    amount: Decimal
    by_platform: Decimal
    given_back: Decimal = ZERO


@dataclass
class Plan:
    """A subscription as it stands."""

    anchored_at: datetime
    zone: str
    ends_at: datetime
    months: int = 0
    status: str = "active"
    cancels: bool = False
    grace_ends_at: datetime | None = None


@dataclass
class Purse:
    """A wallet."""

    id: UUID
    zone: str
    open_month: date
    settled: Decimal = ZERO
    limit: Decimal = ZERO
    overdrawn: Decimal = ZERO
    usage: dict[date, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    loans: dict[UUID, Loan] = field(default_factory=dict)
    paid: dict[str, Paid] = field(default_factory=dict)
    quotas: list[Quota] = field(default_factory=list)
    plan: Plan | None = None
    noted: tuple[Decimal, Decimal] = (ZERO, ZERO)
    is_closed_once: bool = False

    @property
    def used(self) -> Decimal:
        return sum(self.usage.values(), ZERO)

    @property
    def held(self) -> Decimal:
        return sum((loan.amount for loan in self.loans.values()), ZERO)

    @property
    def available(self) -> Decimal:
        return self.settled - self.used

    @property
    def spendable(self) -> Decimal:
        return self.available - self.held + self.limit

    @property
    def granted(self) -> Decimal:
        """What of the money was given and not paid; it is spent first."""
        available, granted = self.noted
        return self._within(granted - max(available - self.available, ZERO))

    @property
    def refundable(self) -> Decimal:
        by_card = sum((paid.left for paid in self.paid.values() if paid.left > 0), ZERO)
        return cents(min(by_card, max(self.available - self.held - self.granted, ZERO)))

    def move(self, amount: Decimal, *, is_grant: bool = False, is_fee: bool = False) -> None:
        """Put money in or, negative, take it out."""
        granted = self.granted + (amount if is_grant or is_fee else ZERO)
        self.settled += amount
        self.noted = (self.available, self._within(granted))
        self.shrink()

    def shrink(self) -> None:
        self.overdrawn = min(self.overdrawn, max(-self.spendable, ZERO))

    def month_for(self, finished_at: datetime) -> date:
        month = month_of(finished_at, self.zone)
        return max(month, self.open_month) if self.is_closed_once else month

    def _within(self, granted: Decimal) -> Decimal:
        return min(max(granted, ZERO), max(self.available, ZERO))


@dataclass
class Invoiced:
    month: date
    earned: Decimal
    generated_at: datetime
    to_book: Decimal
    is_booked: bool = False


@dataclass
class Share:
    """What a seller gives back of a credited charge. amount: None until the month is invoiced."""

    month: date
    entered_in: date
    credited: Decimal
    amount: Decimal | None
    is_listed: bool = False


@dataclass
class Seller:
    """A seller with a share of what customers pay. given: by month, what the invoices gave for it so far."""

    fees: dict[date, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    off_statements: dict[date, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    invoices: dict[date, Invoiced] = field(default_factory=dict)
    given: dict[date, Decimal] = field(default_factory=dict)
    shares: list[Share] = field(default_factory=list)
    owed: Decimal = ZERO
    earned: Decimal = ZERO

    def book(self, amount: Decimal) -> None:
        self.owed += amount
        self.earned += amount

    def give_back(self, month: date, credited: Decimal, now: datetime) -> None:
        amount = exact(credited * SHARE) if month in self.given else None
        self.shares.append(Share(month, month_of(now), credited, amount))
        self.book(-(amount or ZERO))

    def invoice(self, now: datetime, purses: list[Purse], charges: list[Charged]) -> list[Invoiced]:
        """Write the invoices of months that every customer has closed, in their order."""
        used = {charge.month for charge in charges} | {month for month, fee in self.fees.items() if fee}
        waiting = {share.entered_in for share in self.shares if not share.is_listed}
        last = max(self.invoices, default=date.min)
        written = []
        for month in sorted(used | waiting):
            if not last < month < month_of(now):
                continue
            users = {charge.wallet for charge in charges if charge.month == month}
            if any(not purse.is_closed_once or purse.open_month <= month for purse in purses if purse.id in users):
                break
            written += self._write(month, used, charges, now)
        return written

    def advance(self, now: datetime) -> None:
        for each in self.invoices.values():
            if not each.is_booked and each.generated_at + DISPUTABLE <= now:
                each.is_booked = True
                self.book(each.earned + each.to_book)

    def _write(self, month: date, used: set[date], charges: list[Charged], now: datetime) -> list[Invoiced]:
        lines = {month: self._earned(month, charges)} if month in used else {}
        for earlier in sorted(used - {month}):
            if after(after(after(earlier))) >= month > earlier:  # what is known of it only now
                known = self._earned(earlier, charges) - self.given.get(earlier, ZERO)
                lines |= {earlier: known} if known else {}
        invoiced = Invoiced(month, sum(lines.values(), ZERO), now, ZERO)
        listed = [
            each for each in self.shares if not each.is_listed and (each.amount is not None or each.month in lines)
        ]
        for share in listed:
            if share.amount is None:
                share.amount = exact(share.credited * SHARE)
                invoiced.to_book -= share.amount
            share.is_listed = True
        for line, amount in lines.items():
            self.given[line] = self.given.get(line, ZERO) + amount
        if not (lines or listed):
            return []
        self.invoices[month] = invoiced
        return [invoiced]

    def _earned(self, month: date, charges: list[Charged]) -> Decimal:
        paid = sum((each.amount + each.by_platform for each in charges if each.month == month), self.fees[month])
        return exact((paid - self.off_statements[month]) * SHARE)
