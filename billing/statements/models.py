"""Statements: what a customer used and paid in a month, frozen. Triggers refuse every change of them."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from accounts.teams.models import Team
from billing.ledger.models import Entry, Transaction, finite, not_negative
from billing.wallets.models import Wallet
from common.models import AmountField, Identified


class BillingDetails(models.Model):
    """What the statements of a team are addressed to, from the next one on.

    The tax number is kept readable: it is printed on every statement, and registers of tax numbers are public.
    """

    team = models.OneToOneField(Team, on_delete=models.PROTECT, primary_key=True, related_name="billing_details")
    legal_name = models.CharField(max_length=200)
    address = models.TextField(max_length=300, help_text="Up to three lines.")
    country = models.CharField(max_length=2, help_text="ISO 3166-1, two letters.")
    tax_id = models.CharField(max_length=40, blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "billing details"
        ordering = ["legal_name"]

    def __str__(self) -> str:
        return self.legal_name


class StatementCounter(models.Model):
    """The last number of a year. Its row is locked until the statement that took the number has committed."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class Statement(Identified):
    """A month of a wallet, frozen.

    usage: the sum of the lines, what the statement moved from the wallet to revenue. fees, refunds: taken out of the
    wallet by movements of its own; top_ups, credits: put in. opening_seq, closing_seq: the movements of the wallet
    on it are those after the one and up to the other, less the usage of statements.
    issuer, customer: {"name", "address": [lines], "country", "tax_id"} as they were.
    transaction: None when nothing was to be moved.
    """

    number = models.CharField(max_length=20, unique=True)
    year = models.PositiveSmallIntegerField()
    serial = models.PositiveIntegerField(help_text="Counts the statements of a year, without gaps.")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="statements")
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="statements")
    period = models.DateField(help_text="First day of the month.")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    time_zone = models.CharField(max_length=64)
    currency = models.CharField(max_length=8)
    opening_seq = models.BigIntegerField()
    closing_seq = models.BigIntegerField()
    opening_balance = AmountField()
    closing_balance = AmountField()
    listed = AmountField()
    covered = AmountField()
    discounted = AmountField()
    waived = AmountField()
    usage = AmountField()
    fees = AmountField()
    top_ups = AmountField()
    credits = AmountField()
    refunds = AmountField()
    line_count = models.PositiveIntegerField()
    transaction = models.OneToOneField(Transaction, null=True, on_delete=models.PROTECT, related_name="statement")
    issued_at = models.DateTimeField()
    issuer = models.JSONField()
    customer = models.JSONField()
    tax_note = models.CharField(max_length=300)

    class Meta:
        ordering = ["-period", "currency"]
        constraints = [
            models.UniqueConstraint(fields=["wallet", "period"], name="statement_once_per_period"),
            models.UniqueConstraint(fields=["year", "serial"], name="statement_serial_once"),
            models.CheckConstraint(
                condition=finite("opening_balance", "closing_balance", "fees", "top_ups", "credits", "refunds")
                & not_negative("listed", "covered", "discounted", "waived", "usage"),
                name="statement_amounts_are_numbers",
            ),
            models.CheckConstraint(
                condition=Q(usage=F("listed") - F("covered") - F("discounted") - F("waived")),
                name="statement_usage_is_what_is_left_of_the_list",
            ),
            models.CheckConstraint(
                condition=Q(
                    closing_balance=F("opening_balance")
                    + F("top_ups")
                    + F("credits")
                    - F("refunds")
                    - F("fees")
                    - F("usage")
                ),
                name="statement_balances_add_up",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("ends_at")) & Q(ends_at__lte=F("issued_at")),
                name="statement_is_issued_after_its_period",
            ),
            models.CheckConstraint(
                condition=Q(opening_seq__gte=0) & Q(closing_seq__gte=F("opening_seq")),
                name="statement_movements_are_in_order",
            ),
        ]
        indexes = [models.Index(fields=["team", "-period"], name="statements_of_a_team")]

    def __str__(self) -> str:
        return self.number

    @property
    def total(self) -> Decimal:
        """What was charged in the month: usage and fees."""
        total: Decimal = self.usage + self.fees
        return total


class LineKind(models.TextChoices):
    USAGE = "usage", "Usage"
    PROMOTION = "promotion", "Promotion on the statement"


class StatementLine(models.Model):
    """One service, enrollment and channel of a statement, or a promotion that applies to the statement.

    listed: by list prices. covered: by the included quota. discounted: by promotions, which `promotions` names as
    [{"id", "name", "amount", "funded_by"}], amounts as texts. waived: costs that the platform bears.
    listed - covered - discounted - waived = net. A promotion on the statement has listed 0 and a negative net.
    late_months: months whose calls arrived after their own statement was frozen, as ["2026-10"].
    entry: what it moved in the ledger; None for a net of zero.
    """

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=9, choices=LineKind.choices)
    service_id = models.UUIDField(null=True)
    service_name = models.CharField(max_length=300)
    enrollment_id = models.UUIDField(null=True)
    enrollment_code = models.CharField(max_length=100, blank=True)
    channel = models.TextField(blank=True)
    late_months = models.JSONField(default=list)
    requests = models.BigIntegerField(default=0)
    metrics = models.JSONField(default=dict, help_text="Name to quantity, decimal text.")
    listed = AmountField(default=Decimal(0))
    covered = AmountField(default=Decimal(0))
    discounted = AmountField(default=Decimal(0))
    waived = AmountField(default=Decimal(0))
    net = AmountField()
    promotions = models.JSONField(default=list)
    entry = models.OneToOneField(Entry, null=True, on_delete=models.PROTECT, related_name="statement_line")

    class Meta:
        ordering = ["statement", "position"]
        constraints = [
            models.UniqueConstraint(fields=["statement", "position"], name="statement_line_position_once"),
            models.CheckConstraint(
                condition=finite("net") & not_negative("listed", "covered", "discounted", "waived"),
                name="statement_line_amounts_are_numbers",
            ),
            models.CheckConstraint(
                condition=Q(net=F("listed") - F("covered") - F("discounted") - F("waived")),
                name="statement_line_net_is_what_is_left",
            ),
            models.CheckConstraint(
                condition=Q(kind=LineKind.USAGE, net__gte=0) | Q(kind=LineKind.PROMOTION, net__lt=0),
                name="statement_line_kind_has_its_sign",
            ),
            models.CheckConstraint(
                condition=Q(net=0, entry__isnull=True) | (~Q(net=0) & Q(entry__isnull=False)),
                name="statement_line_is_in_the_ledger",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.service_name}"


class FileKind(models.TextChoices):
    PDF = "pdf", "PDF"
    XML = "xml", "Electronic invoice (Factur-X XML)"
    CSV = "csv", "CSV"
    JSON = "json", "JSON"


class StatementFile(models.Model):
    """A rendered statement. Kept in the database: bytes and hash commit together, and every process reads them."""

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="files")
    kind = models.CharField(max_length=4, choices=FileKind.choices)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    content = models.BinaryField()
    written_at = models.DateTimeField()

    class Meta:
        ordering = ["statement", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["statement", "kind"], name="statement_file_once_per_kind"),
            models.CheckConstraint(condition=Q(kind__in=FileKind.values), name="statement_file_kind_is_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """How the file is called when it is downloaded, always the same."""
        return f"statement-{self.statement.number}.{self.kind}"
