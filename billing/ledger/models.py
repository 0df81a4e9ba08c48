"""The books. One row is one movement: debit, credit, amount; so nothing posted can be out of balance.

Rows are only ever added. To undo is to post a reversal that names what it reverses.
"""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models

from accounts.teams.models import Team
from common.models import AmountField, Identified

#: Amounts stay below it: the end of NUMERIC(30,12). PostgreSQL sorts NaN above every number, so it refuses NaN too.
AMOUNT_LIMIT = Decimal(10) ** 18


def finite(*columns: str) -> models.Q:
    """Return the condition that signed amounts are numbers, neither NaN nor infinite."""
    bounds = models.Q()
    for column in columns:
        bounds &= models.Q(**{f"{column}__gt": -AMOUNT_LIMIT, f"{column}__lt": AMOUNT_LIMIT})
    return bounds


def not_negative(*columns: str) -> models.Q:
    """Return the condition that amounts are numbers of at least zero."""
    bounds = models.Q()
    for column in columns:
        bounds &= models.Q(**{f"{column}__gte": 0, f"{column}__lt": AMOUNT_LIMIT})
    return bounds


class AccountKind(models.TextChoices):
    WALLET = "wallet", "Wallet (what the platform owes a customer)"
    GRANTED_CREDIT = "granted_credit", "Credit granted by operators"
    BANK = "bank", "Payments received outside of card processing"
    CARD_CLEARING = "card_clearing", "Money with the card processor"
    REVENUE = "revenue", "Sold usage and fees"
    SELLER_PAYABLE = "seller_payable", "Earnings owed to a seller"


class Account(Identified):
    kind = models.CharField(max_length=20, choices=AccountKind.choices)
    owner = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="ledger_accounts")
    currency = models.CharField(max_length=8)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "owner", "currency"], name="ledger_account_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=AccountKind.values), name="ledger_account_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.currency}"


class TransactionKind(models.TextChoices):
    GRANT = "grant", "Credit granted"
    PAYMENT = "payment", "Payment received"
    TOP_UP = "top_up", "Top-up"
    REFUND = "refund", "Refund to the card"
    CHARGEBACK = "chargeback", "Chargeback"
    USAGE = "usage", "Usage of a closed period"
    FEE = "fee", "Subscription fee"
    DISPUTE_CREDIT = "dispute_credit", "Credit for a dispute"
    EARNING = "earning", "Earnings of a period"
    EARNING_ADJUSTMENT = "earning_adjustment", "Adjustment of earnings"
    PAYOUT = "payout", "Payout"
    REVERSAL = "reversal", "Reversal"


class Transaction(Identified):
    """Movements that belong together. `effective_at` is when they count, `created_at` when we wrote them."""

    idempotency_key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=20, choices=TransactionKind.choices)
    effective_at = models.DateTimeField()
    reverses = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="reversed_by")
    memo = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=TransactionKind.values), name="ledger_transaction_kind_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(kind=TransactionKind.REVERSAL, reverses__isnull=False)
                | (~models.Q(kind=TransactionKind.REVERSAL) & models.Q(reverses__isnull=True)),
                name="ledger_reversal_names_what_it_reverses",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.idempotency_key}"


class Entry(models.Model):
    """`amount` moves from `debit` to `credit`. Both accounts have the entry's currency (a composite foreign key)."""

    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="entries")
    debit = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="debits")
    credit = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="credits")
    currency = models.CharField(max_length=8)
    amount = AmountField()

    class Meta:
        verbose_name_plural = "entries"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, amount__lt=AMOUNT_LIMIT), name="ledger_entry_amount_is_positive"
            ),
            models.CheckConstraint(condition=~models.Q(debit=models.F("credit")), name="ledger_entry_has_two_sides"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
