"""Closes months: what was used goes from the wallet's usage into the ledger, and is frozen with a number."""

from __future__ import annotations

import logging
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F

from billing.ledger import services as ledger
from billing.ledger.models import AccountKind, Entry, Transaction
from billing.statements import gathering, queries
from billing.statements.contents import Contents, Line
from billing.statements.models import Statement, StatementCounter, StatementLine
from billing.wallets import queries as wallets_queries
from billing.wallets import services as wallets
from billing.wallets.models import Wallet
from common import jobs
from common.errors import DomainError
from domain import periods
from domain.money import Money

logger = logging.getLogger(__name__)


class PeriodStillOpen(DomainError):
    """The month and its grace have not ended."""

    code = "period_still_open"
    sentence = "{month} is closed from {closes_at} on. Try again then."


class EarlierPeriodOpen(DomainError):
    """Months are closed in their order."""

    code = "earlier_period_open"
    sentence = "{open_month} is not closed yet. Close it before {month}."


def close_due(*, wallet: Wallet, now: datetime) -> list[Statement]:
    """Close every month of a wallet that has ended, one after the other, each in a transaction of its own."""
    closed: list[Statement] = []
    while True:
        wallet = Wallet.objects.get(pk=wallet.pk)
        period = gathering.open_period(wallet)
        if now < queries.closes_at(period, wallet.time_zone):
            return closed
        if statement := close(wallet=wallet, period=period, now=now):
            closed.append(statement)


@transaction.atomic
def close(*, wallet: Wallet, period: date, now: datetime) -> Statement | None:
    """Close a month: freeze it, and open the next one. A second call returns the first statement.

    None for a month in which there was nothing: no usage, no movement, no balance. It takes no number.
    Raises: PeriodStillOpen, EarlierPeriodOpen.
    Source: docs/algorithms/statements.md, "Closing".
    """
    wallet = wallets_queries.lock_wallet(wallet.pk)
    open_period = gathering.open_period(wallet)
    if period < open_period:
        return Statement.objects.filter(wallet=wallet, period=period).first()
    if period > open_period:
        raise EarlierPeriodOpen(open_month=f"{open_period:%B %Y}", month=f"{period:%B %Y}")
    closes_at = queries.closes_at(period, wallet.time_zone)
    if now < closes_at:
        raise PeriodStillOpen(month=f"{period:%B %Y}", closes_at=f"{closes_at:%Y-%m-%d %H:%M} UTC")
    contents = gathering.gather(wallet, period)
    posted = _post(wallet, contents)
    if contents.is_empty:
        return None
    statement = _freeze(wallet, contents, posted, now)
    jobs.enqueue("billing.statements.render", statement_id=str(statement.pk))
    logger.info("statement.issued number=%s wallet_id=%s period=%s", statement.number, wallet.pk, period)
    return statement


def _post(wallet: Wallet, contents: Contents) -> Transaction | None:
    """Move the sum of the lines into the ledger, an entry for each, and open the next month."""
    revenue = ledger.account(kind=AccountKind.REVENUE, currency=wallet.currency)
    movements = [
        ledger.Movement(wallet.account, revenue, Money(line.net, wallet.currency))
        if line.net > 0
        else ledger.Movement(revenue, wallet.account, Money(-line.net, wallet.currency))
        for line in contents.lines
        if line.net
    ]
    return wallets.freeze_usage(
        wallet=wallet,
        charged=sum((line.net for line in contents.lines if not line.is_promotion), start=Decimal(0)),
        movements=movements,
        key=f"statement:{wallet.pk}:{contents.period:%Y-%m}",
        note=f"Usage of {contents.period:%B %Y}",
        effective_at=contents.ends_at,
        next_period=periods.following(contents.period),
    )


def _freeze(wallet: Wallet, contents: Contents, posted: Transaction | None, now: datetime) -> Statement:
    entries = iter(posted.entries.order_by("pk")) if posted else iter(())
    serial = _take_serial(now.year)  # as late as can be: others wait for it until this commits
    statement = Statement.objects.create(
        number=f"{now.year}-{serial:06}",
        year=now.year,
        serial=serial,
        team=wallet.team,
        wallet=wallet,
        period=contents.period,
        starts_at=contents.starts_at,
        ends_at=contents.ends_at,
        time_zone=contents.time_zone,
        currency=contents.currency,
        opening_seq=contents.opening_seq,
        closing_seq=contents.closing_seq,
        opening_balance=contents.opening_balance,
        closing_balance=contents.closing_balance,
        listed=contents.listed,
        covered=contents.covered,
        discounted=contents.discounted,
        waived=contents.waived,
        usage=contents.usage,
        fees=contents.fees,
        top_ups=contents.top_ups,
        credits=contents.credits,
        refunds=contents.refunds,
        line_count=len(contents.lines),
        transaction=posted,
        issued_at=now,
        issuer=contents.issuer.to_json(),
        customer=contents.customer.to_json(),
        tax_note=contents.tax_note,
    )
    StatementLine.objects.bulk_create(
        _row(statement, position, line, next(entries) if line.net else None)
        for position, line in enumerate(contents.lines, start=1)
    )
    return statement


def _take_serial(year: int) -> int:
    """Return the year's next number. Whoever rolls back gives it back: there are no gaps."""
    StatementCounter.objects.get_or_create(year=year)
    StatementCounter.objects.filter(year=year).update(last=F("last") + 1)
    return StatementCounter.objects.get(year=year).last


def _row(statement: Statement, position: int, line: Line, entry: Entry | None) -> StatementLine:
    return StatementLine(
        statement=statement,
        position=position,
        kind=line.kind,
        service_id=line.service_id,
        service_name=line.service_name,
        enrollment_id=line.enrollment_id,
        enrollment_code=line.enrollment_code,
        channel=line.channel,
        late_months=[f"{month:%Y-%m}" for month in line.late_months],
        requests=line.requests,
        metrics=dict(line.metrics),
        listed=line.listed,
        covered=line.covered,
        discounted=line.discounted,
        waived=line.waived,
        net=line.net,
        promotions=[promotion.to_json() for promotion in line.promotions],
        entry=entry,
    )
