"""What is to happen when a wallet runs low: warnings, and payments that nobody has to start."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from billing.ledger.models import finite, not_negative
from billing.payments.models.top_ups import TopUp
from billing.wallets.models import Wallet
from common.models import AmountField, Identified


class Pause(models.TextChoices):
    """Why automatic top-ups have stopped; each one waits for the owner."""

    CONFIRMATION = "confirmation", "the bank wants you to confirm the payment"
    DECLINED = "declined", "the card was declined"
    FAILING = "failing", "the processor could not charge the card several times in a row"
    CARD_REMOVED = "card_removed", "the card was removed"
    CHARGEBACK = "chargeback", "a payment was taken back by the bank"


class AutoTopUp(Identified):
    """A standing order: when `available` falls to `threshold`, charge the card up to `target`.

    monthly_ceiling: the most of a calendar month in the wallet's time zone. failures, next_try_at: the back-off, after
    errors that pass by themselves. paused_reason: why nothing is charged until the owner has acted.
    """

    wallet = models.OneToOneField(Wallet, on_delete=models.PROTECT, related_name="auto_top_up")
    is_enabled = models.BooleanField(default=False)
    threshold = AmountField()
    target = AmountField()
    monthly_ceiling = AmountField()
    card_id = models.CharField(max_length=200, blank=True)
    card_label = models.CharField(max_length=100, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    paused_reason = models.CharField(max_length=20, choices=Pause.choices, blank=True)
    paused_by = models.ForeignKey(TopUp, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ceiling_told_for = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = "automatic top-up"
        constraints = [
            models.CheckConstraint(
                condition=finite("threshold") & not_negative("target", "monthly_ceiling"),
                name="auto_top_up_amounts_are_numbers",
            ),
            models.CheckConstraint(condition=Q(target__gt=F("threshold")), name="auto_top_up_target_is_above"),
            models.CheckConstraint(
                condition=Q(paused_reason__in=["", *Pause.values]), name="auto_top_up_pause_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.wallet}: {self.threshold} -> {self.target}"

    @property
    def is_running(self) -> bool:
        return self.is_enabled and not self.paused_reason


class Watch(models.Model):
    """What the owners of a wallet were told of it running low.

    seen_seq: the last movement that was looked at. basis_seq, basis_amount: the last money that came in; warnings are
    parts of it. told_level: the lowest part, in percent, that they were told of since. warn_below: an amount of their
    own; told_own: whether they were told of it since `available` was last above.
    """

    wallet = models.OneToOneField(Wallet, primary_key=True, on_delete=models.PROTECT, related_name="watch")
    seen_seq = models.BigIntegerField(default=0)
    basis_seq = models.BigIntegerField(default=0)
    basis_amount = AmountField(default=0)
    told_level = models.PositiveSmallIntegerField(null=True, blank=True)
    warn_below = AmountField(null=True, blank=True)
    told_own = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "watches"
        constraints = [
            models.CheckConstraint(
                condition=not_negative("basis_amount") & (Q(warn_below__isnull=True) | finite("warn_below")),
                name="watch_amounts_are_numbers",
            ),
        ]

    def __str__(self) -> str:
        return str(self.wallet)
