"""Wallets: a customer's money in one currency, what of it is promised to gateways, and the list of its movements."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from accounts.teams.models import Team
from billing.ledger.models import Account, Transaction, finite, not_negative
from common.models import AmountField, Identified


class Wallet(Identified):
    """Money of a team. Every change takes the lock of this row first.

    settled: what the entries sum up to. usage: charges that are on no statement yet. held: what the open leases sum up
    to. seq: number of the last entry. open_period: first day of the month that the next statement closes, in
    `time_zone`, which follows the team's when a period closes; None until the first one was closed. Usage that comes
    later than its period's close counts in the open period.
    attention_below: an amount of `available`; a settlement that leaves less has the wallet looked at (alerts, top-up).
    overdrawn: how far banks have pushed it below its floor by taking payments back; a trigger lets it shrink by itself.
    """

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="wallets")
    currency = models.CharField(max_length=8)
    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="wallet")
    settled = AmountField(default=Decimal(0))
    usage = AmountField(default=Decimal(0))
    held = AmountField(default=Decimal(0))
    credit_limit = AmountField(default=Decimal(0))
    overdrawn = AmountField(default=Decimal(0), db_default=Decimal(0))
    seq = models.BigIntegerField(default=0)
    time_zone = models.CharField(max_length=64, default="UTC")
    open_period = models.DateField(null=True, blank=True)
    attention_below = AmountField(null=True, blank=True)

    class Meta:
        ordering = ["team__name", "currency"]
        constraints = [
            models.UniqueConstraint(fields=["team", "currency"], name="wallet_once_per_currency"),
            models.CheckConstraint(
                condition=finite("settled") & not_negative("usage", "held", "credit_limit", "overdrawn"),
                name="wallet_amounts_are_numbers",
            ),
            models.CheckConstraint(
                condition=Q(settled__gte=F("usage") + F("held") - F("credit_limit") - F("overdrawn")),
                name="wallet_is_above_its_floor",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team} {self.currency}"

    @property
    def available(self) -> Decimal:
        """What the customer has: money less the usage of the open period."""
        available: Decimal = self.settled - self.usage
        return available

    @property
    def spendable(self) -> Decimal:
        """What a new call may still be promised; below zero in a wallet that is overdrawn."""
        spendable: Decimal = self.available + self.credit_limit - self.held
        return spendable


class WalletEntry(models.Model):
    """A line of the customer's transaction list. `seq` has no gaps: it is given under the wallet's lock.

    available_after, granted_after: what was available then, and what of it was credit granted rather than paid.
    """

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="entries")
    seq = models.BigIntegerField()
    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="wallet_entries")
    delta = AmountField()
    balance_after = AmountField()
    available_after = AmountField(null=True)
    granted_after = AmountField(null=True)

    class Meta:
        verbose_name_plural = "wallet entries"
        ordering = ["wallet", "-seq"]
        constraints = [
            models.UniqueConstraint(fields=["wallet", "seq"], name="wallet_entry_seq_once"),
            models.UniqueConstraint(fields=["transaction", "wallet"], name="wallet_entry_once_per_transaction"),
            models.CheckConstraint(condition=finite("delta", "balance_after"), name="wallet_entry_amounts_are_numbers"),
            models.CheckConstraint(condition=~Q(delta=0), name="wallet_entry_moves_something"),
            models.CheckConstraint(
                condition=Q(available_after__isnull=True, granted_after__isnull=True)
                | (finite("available_after") & not_negative("granted_after")),
                name="wallet_entry_remainders_are_numbers",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq}: {self.delta}"


class DailyBalance(models.Model):
    """What was available in a wallet once a day, after its entry number `seq`: from it follows what a day costs."""

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="daily_balances")
    date = models.DateField()
    taken_at = models.DateTimeField()
    available = AmountField()
    seq = models.BigIntegerField()

    class Meta:
        ordering = ["wallet", "-date"]
        constraints = [
            models.UniqueConstraint(fields=["wallet", "date"], name="daily_balance_once"),
            models.CheckConstraint(condition=finite("available"), name="daily_balance_is_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.date}: {self.available}"


class LeaseState(models.TextChoices):
    OPEN = "open", "Open"
    RETIRED = "retired", "Retired (its process has ended and has sent all of its events)"
    FENCED = "fenced", "Fenced (its process was not heard of in time)"
    CLOSED = "closed", "Closed"


#: States in which the amount of a lease is part of the wallet's `held`.
HOLDING = (LeaseState.OPEN, LeaseState.RETIRED)


class Lease(models.Model):
    """Money of a wallet promised to one gateway process. Written by the SQL functions alone.

    amount: what is left of it: not yet carved out, held by calls under way, or spent by events not yet settled.
    last_return: the number of the last return that arrived; one that is repeated changes nothing.
    """

    id = models.UUIDField(primary_key=True)
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="leases")
    gateway_id = models.CharField(max_length=100)
    incarnation = models.UUIDField(help_text="One life of the gateway process.")
    amount = AmountField()
    state = models.CharField(max_length=7, choices=LeaseState.choices)
    last_return = models.PositiveIntegerField(default=0, db_default=0)
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=not_negative("amount"), name="lease_amount_is_not_negative"),
            models.CheckConstraint(condition=Q(state__in=LeaseState.values), name="lease_state_is_known"),
            models.CheckConstraint(condition=Q(state__in=HOLDING) | Q(amount=0), name="lease_that_ended_holds_nothing"),
        ]
        indexes = [
            models.Index(fields=["gateway_id", "incarnation"], name="lease_of_a_process", condition=Q(state="open")),
            models.Index(fields=["state", "expires_at"], name="lease_to_end", condition=Q(state__in=HOLDING)),
            models.Index(fields=["wallet"], name="lease_holding", condition=Q(state__in=HOLDING)),
        ]

    def __str__(self) -> str:
        return f"{self.amount} for {self.gateway_id}"
