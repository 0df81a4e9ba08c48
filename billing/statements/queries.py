"""Reads of statements, always from the team; and what is due, for the platform's own jobs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_DOWN, Decimal
from uuid import UUID

from django.conf import settings
from django.db.models import Count, F, Prefetch, Q, QuerySet, Sum

from accounts.teams.models import Role, Team
from billing.rating.models import Charge
from billing.statements import gathering
from billing.statements.contents import Contents, Discount, Line, Party
from billing.statements.models import BillingDetails, FileKind, LineKind, Statement, StatementFile, StatementLine
from billing.wallets.models import Wallet
from common.errors import NotFound
from domain import periods
from domain.money import QUANTUM

#: Who is told of statements.
_TOLD = (Role.OWNER, Role.ADMIN, Role.BILLING)


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A stored file without its bytes."""

    kind: FileKind
    size: int
    sha256: str


def statements(*, team: Team) -> QuerySet[Statement]:
    """Return a team's statements, newest month first."""
    return Statement.objects.filter(team=team).order_by("-period", "currency")


def with_files(found: QuerySet[Statement]) -> QuerySet[Statement]:
    """Load the files' facts with statements, but not their bytes."""
    return found.prefetch_related(Prefetch("files", StatementFile.objects.defer("content")))


def statement(*, team: Team, number: str) -> Statement:
    """Return one statement of a team. Raises: NotFound."""
    found = with_files(statements(team=team).filter(number=number)).first()
    if found is None:
        raise NotFound(what="statement")
    return found


def of_month(*, wallet: Wallet, period: date) -> Statement | None:
    """Return the statement of a wallet's month, or None while it is not made."""
    return Statement.objects.filter(wallet=wallet, period=period).first()


def get_statement(statement_id: UUID | str) -> Statement:
    """Return a statement by its id, for the platform's own jobs."""
    return Statement.objects.select_related("team").get(pk=statement_id)


def file(*, team: Team, number: str, kind: str) -> StatementFile:
    """Return a stored file of a team's statement with its bytes. Raises: NotFound."""
    found = (
        StatementFile.objects.filter(statement__team=team, statement__number=number, kind=kind)
        .select_related("statement")
        .first()
    )
    if found is None:
        raise NotFound(what="file")
    return found


def billing_details(*, team: Team) -> BillingDetails | None:
    """Return what the team's next statements are addressed to."""
    return BillingDetails.objects.filter(team=team).first()


def recipients(*, team: Team) -> list[str]:
    """Return the addresses of those who are told of a team's statements; the team's own when nobody has the role."""
    members = team.memberships.filter(role__in=_TOLD, user__is_active=True).order_by("user__email")
    addresses = list(members.values_list("user__email", flat=True))
    return addresses or ([team.contact_email] if team.contact_email else [])


def contents(statement: Statement) -> Contents:
    """Return what a frozen statement says."""
    return Contents(
        number=statement.number,
        issued_at=statement.issued_at,
        period=statement.period,
        starts_at=statement.starts_at,
        ends_at=statement.ends_at,
        time_zone=statement.time_zone,
        currency=statement.currency,
        issuer=Party.from_json(statement.issuer),
        customer=Party.from_json(statement.customer),
        tax_note=statement.tax_note,
        opening_seq=statement.opening_seq,
        opening_balance=statement.opening_balance,
        lines=[_line(row) for row in statement.lines.order_by("position")],
        movements=gathering.movements(statement.wallet, after=statement.opening_seq, up_to=statement.closing_seq),
    )


def _line(row: StatementLine) -> Line:
    return Line(
        kind=LineKind(row.kind),
        service_id=row.service_id,
        service_name=row.service_name,
        net=row.net,
        enrollment_id=row.enrollment_id,
        enrollment_code=row.enrollment_code,
        channel=row.channel,
        late_months=tuple(date.fromisoformat(f"{month}-01") for month in row.late_months),
        requests=row.requests,
        metrics=tuple(sorted(row.metrics.items())),
        listed=row.listed,
        covered=row.covered,
        discounted=row.discounted,
        waived=row.waived,
        promotions=tuple(Discount.from_json(stored) for stored in row.promotions),
    )


def discounts_of_sellers(service_ids: Iterable[UUID], period: date) -> list[tuple[UUID, str, Decimal]]:
    """Return (service, currency, amount) of what promotions that sellers pay for took off a month's statements."""
    lines = StatementLine.objects.filter(
        kind=LineKind.PROMOTION,
        service_id__in=list(service_ids),
        statement__period=period,
        promotions__contains=[{"funded_by": "seller"}],
    )
    sums = lines.order_by().values("service_id", "statement__currency").annotate(total=Sum("discounted"))
    rows = sums.values_list("service_id", "statement__currency", "total")
    return [(service_id, currency, total) for service_id, currency, total in rows if service_id is not None]


def paid_of(charge: Charge) -> Decimal:
    """Return what the customer pays of a charge once its statement is frozen: promotions there may have taken some off.

    They are spread over the charges of their service in proportion, rounded down to the books' places.
    """
    lines = StatementLine.objects.filter(
        statement__wallet=charge.wallet_id, statement__period=charge.period, service_id=charge.service_id
    )
    sums = lines.order_by().aggregate(
        usage=Sum("net", filter=Q(kind=LineKind.USAGE)), off=Sum("discounted", filter=Q(kind=LineKind.PROMOTION))
    )
    charged, usage, off = charge.charged, sums["usage"], sums["off"]
    if not usage or not off:
        return charged
    paid: Decimal = charged * max(usage - off, Decimal(0)) / usage
    return paid.quantize(QUANTUM, rounding=ROUND_DOWN)


def so_far(*, team: Team, currency: str) -> Contents:
    """Return what the open month's statement would say now. Raises: NotFound."""
    wallet = Wallet.objects.filter(team=team, currency=currency).select_related("team__billing_details").first()
    if wallet is None:
        raise NotFound(what=f"{currency} wallet")
    return gathering.gather(wallet, gathering.open_period(wallet))


def open_months(*, team: Team) -> list[tuple[Wallet, date, datetime]]:
    """Return for each wallet of a team its open month, and from when on it is closed."""
    wallets = Wallet.objects.filter(team=team).order_by("currency")
    months = [(wallet, gathering.open_period(wallet)) for wallet in wallets]
    return [(wallet, month, closes_at(month, wallet.time_zone)) for wallet, month in months]


def closes_at(period: date, time_zone: str) -> datetime:
    """Return from when on a month may be closed: its end there, and the grace for usage that comes late."""
    _, ends_at = periods.bounds(period, time_zone)
    return ends_at + timedelta(hours=settings.STATEMENT_GRACE_HOURS)


def due(*, now: datetime) -> Iterator[UUID]:
    """Yield the wallets whose open month has ended, by all teams."""
    # the month of the place where it is earliest: nowhere has a later one ended
    this_month = (now + timedelta(hours=14)).date().replace(day=1)
    opened_before = datetime.combine(this_month, time.min, tzinfo=UTC)
    wallets = Wallet.objects.filter(
        Q(open_period__lt=this_month) | Q(open_period__isnull=True, created_at__lt=opened_before)
    )
    for wallet in wallets.order_by("pk").iterator():
        if now >= closes_at(gathering.open_period(wallet), wallet.time_zone):
            yield wallet.pk


def without_files() -> QuerySet[Statement]:
    """Return statements whose files are not all there: an invoice is made where there is something to invoice."""
    needed = Q(files__kind__in=[FileKind.PDF, FileKind.CSV, FileKind.JSON])
    return (
        Statement.objects.annotate(written=Count("files", filter=needed, distinct=True))
        .filter(written__lt=3)
        .order_by(F("issued_at"))
    )
