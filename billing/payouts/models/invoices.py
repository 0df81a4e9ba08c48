"""The monthly invoice that the platform writes for a seller (self-billing), its lines and adjustments."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.teams.models import Team
from billing.ledger.models import Transaction, finite, not_negative
from billing.prices.models import PriceVersion
from common.models import AmountField, Identified


class InvoiceState(models.TextChoices):
    """In the order in which they are passed; an invoice never goes back."""

    GENERATED = "generated", "Open for review"
    DISPUTED = "disputed", "Disputed"
    RESOLVED = "resolved", "Resolved"
    FINALIZED = "finalized", "Finalized"
    FUNDS_RELEASED = "funds_released", "Funds released"
    VOIDED = "voided", "Voided"


#: States whose earnings are in the books.
BOOKED = (InvoiceState.FINALIZED, InvoiceState.FUNDS_RELEASED)
#: States in which nothing of it is in the books yet.
UNBOOKED = (InvoiceState.GENERATED, InvoiceState.DISPUTED, InvoiceState.RESOLVED)


class InvoiceReason(models.TextChoices):
    RATE_CHANGE = "rate_change", "Rate change: the price is not the agreed one"
    SERVICE_ISSUE = "service_issue", "Service issue: usage is missing or wrong"
    BILLING_ERROR = "billing_error", "Billing error: the arithmetic is wrong"


class Invoice(Identified):
    """One month of one seller in one currency.

    opening: the closing balance of the invoice before. paid_out: payouts since then, less those that came back.
    earned: sum of the lines. adjusted: sum of the adjustments on it. closing = opening - paid_out + earned + adjusted.
    transaction: books `earned` when the invoice is finalized; none when that is 0.
    """

    seller = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="seller_invoices")
    currency = models.CharField(max_length=8)
    period = models.DateField(help_text="First day of the month.")
    sequence = models.PositiveIntegerField()
    state = models.CharField(max_length=14, choices=InvoiceState.choices, default=InvoiceState.GENERATED)
    opening = AmountField()
    paid_out = AmountField()
    earned = AmountField()
    adjusted = AmountField()
    closing = models.GeneratedField(
        expression=F("opening") - F("paid_out") + F("earned") + F("adjusted"),
        output_field=AmountField(),
        db_persist=True,
    )
    generated_at = models.DateTimeField()
    disputable_until = models.DateTimeField()
    reason = models.CharField(max_length=13, choices=InvoiceReason.choices, blank=True)
    disputed_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    finalized_at = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    voided_at = models.DateTimeField(null=True, blank=True)
    transaction = models.OneToOneField(
        Transaction, null=True, blank=True, on_delete=models.PROTECT, related_name="seller_invoice"
    )

    class Meta:
        ordering = ["-period", "-sequence"]
        constraints = [
            models.UniqueConstraint(fields=["seller", "sequence"], name="seller_invoice_number_once"),
            models.UniqueConstraint(
                fields=["seller", "currency", "period"],
                condition=~Q(state="voided"),
                name="seller_invoice_once_per_month",
            ),
            models.CheckConstraint(condition=Q(state__in=InvoiceState.values), name="seller_invoice_state_is_known"),
            models.CheckConstraint(condition=Q(period__day=1), name="seller_invoice_starts_with_a_month"),
            models.CheckConstraint(
                condition=finite("opening", "paid_out", "earned", "adjusted"), name="seller_invoice_amounts_are_numbers"
            ),
            models.CheckConstraint(
                condition=Q(state__in=UNBOOKED, finalized_at__isnull=True, transaction__isnull=True)
                | Q(state=InvoiceState.VOIDED, finalized_at__isnull=True, transaction__isnull=True)
                | Q(state__in=BOOKED, finalized_at__isnull=False, transaction__isnull=False)
                | Q(state__in=BOOKED, finalized_at__isnull=False, transaction__isnull=True, earned=0),
                name="seller_invoice_is_booked_when_finalized",
            ),
        ]
        indexes = [models.Index(fields=["state", "disputable_until"], name="seller_invoices_to_advance")]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """What the invoice is called: the seller's name and a number without gaps."""
        return f"{self.seller.name}-{self.sequence:04d}"

    @property
    def is_open(self) -> bool:
        """Whether nothing of it is in the books yet and it may still change."""
        return self.state in UNBOOKED


class InvoiceLine(Identified):
    """What one service earned in one month. `period` is an earlier month on a line that corrects that month's invoice.

    requests, metrics, customer_charge: what the payout was computed from, on a correction the whole month as known now.
    payout: rounded; on a correction the difference. trace: the arithmetic. error: why there is none.
    """

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    service_id = models.UUIDField()
    service_name = models.CharField(max_length=255)
    period = models.DateField()
    price = models.ForeignKey(PriceVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    price_in_words = models.TextField(blank=True)
    requests = models.BigIntegerField()
    metrics = models.JSONField(default=dict)
    customer_charge = AmountField()
    payout = AmountField()
    trace = models.JSONField(default=dict)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-period", "-payout", "service_name"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "service_id", "period"], name="seller_invoice_line_once"),
            models.CheckConstraint(
                condition=finite("payout") & not_negative("requests", "customer_charge"),
                name="seller_invoice_line_amounts_are_numbers",
            ),
        ]
        indexes = [models.Index(fields=["service_id", "period"], name="invoice_lines_of_a_service")]

    def __str__(self) -> str:
        return f"{self.service_name} {self.period:%Y-%m}"


class AdjustmentKind(models.TextChoices):
    DISPUTE = "dispute", "Share of a refunded charge"
    CHARGEBACK = "chargeback", "Chargeback"
    CORRECTION = "correction", "Correction"


class Adjustment(Identified):
    """Something added to or taken from a seller's earnings. Listed by the invoice that is generated next.

    cause: what it comes from, once. amount: signed; None while the invoice of `period` is not generated, for a share of
    `credited` that only that invoice can tell. transaction: books it; none while the amount is unknown, or while the
    invoice that lists it is not finalized.
    """

    seller = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="earning_adjustments")
    currency = models.CharField(max_length=8)
    kind = models.CharField(max_length=10, choices=AdjustmentKind.choices)
    cause = models.CharField(max_length=200, unique=True)
    note = models.CharField(max_length=500)
    service_id = models.UUIDField(null=True, blank=True)
    period = models.DateField(null=True, blank=True)
    credited = AmountField(default=Decimal(0))
    amount = AmountField(null=True, blank=True)
    entered_at = models.DateTimeField()
    invoice = models.ForeignKey(Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="adjustments")
    transaction = models.OneToOneField(
        Transaction, null=True, blank=True, on_delete=models.PROTECT, related_name="earning_adjustment"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["entered_at"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=AdjustmentKind.values), name="adjustment_kind_is_known"),
            models.CheckConstraint(
                condition=(Q(amount__isnull=True) | finite("amount")) & not_negative("credited"),
                name="adjustment_amounts_are_numbers",
            ),
            models.CheckConstraint(
                condition=Q(amount__isnull=False) | Q(invoice__isnull=True, transaction__isnull=True),
                name="adjustment_is_known_before_it_counts",
            ),
            models.CheckConstraint(
                condition=Q(amount__isnull=False) | Q(service_id__isnull=False, period__isnull=False),
                name="adjustment_can_be_worked_out",
            ),
        ]
        indexes = [
            models.Index(fields=["seller", "currency"], name="adjustments_to_list", condition=Q(invoice__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.cause}"


class InvoiceNote(Identified):
    """A line of the thread between the seller and the operators about an invoice."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    is_operator = models.BooleanField(default=False)
    text = models.TextField()

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.text[:50]
