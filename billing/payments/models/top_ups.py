"""Who we are to the processor's books, and payments into wallets."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.teams.models import Team
from billing.ledger.models import AMOUNT_LIMIT, Transaction
from billing.payments.processor import PaymentState
from billing.wallets.models import Wallet
from common.models import AmountField, Identified


class Customer(Identified):
    """A team as the processor knows it; one in its test mode, one in its live mode."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="processor_customers")
    is_live = models.BooleanField()
    processor_id = models.CharField(max_length=200, unique=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "is_live"], name="customer_once_per_mode")]

    def __str__(self) -> str:
        return f"{self.team} ({self.processor_id})"


class TopUpKind(models.TextChoices):
    MANUAL = "manual", "Top-up"
    AUTOMATIC = "automatic", "Automatic top-up"


class TopUpState(models.TextChoices):
    """In the order in which they are passed; none goes back (a trigger says so too)."""

    PENDING = PaymentState.PENDING.value, "Started"
    ACTION_REQUIRED = PaymentState.ACTION_REQUIRED.value, "Waits for you to confirm"
    PROCESSING = PaymentState.PROCESSING.value, "Under way at the bank"
    FAILED = PaymentState.FAILED.value, "Failed"
    CANCELED = PaymentState.CANCELED.value, "Canceled"
    SUCCEEDED = PaymentState.SUCCEEDED.value, "Paid"


#: States in which money may still come without anybody doing anything new.
OPEN_STATES = (TopUpState.PENDING, TopUpState.ACTION_REQUIRED, TopUpState.PROCESSING)


class TopUp(Identified):
    """A payment into a wallet. Written and committed before the processor is asked; its id is the reference there.

    request_key: of the form that asked for it, so that a form sent twice pays once. card_id: a saved card; without one
    the card is typed in on the processor's page `page_id`. received: what came, in the wallet's currency.
    failure, message: why the last attempt failed, as the processor's code and its sentence for the card's owner.
    """

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="top_ups")
    kind = models.CharField(max_length=9, choices=TopUpKind.choices)
    amount = AmountField()
    state = models.CharField(max_length=15, choices=TopUpState.choices, default=TopUpState.PENDING)
    request_key = models.UUIDField(null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    card_id = models.CharField(max_length=200, blank=True)
    card_label = models.CharField(max_length=100, blank=True)
    page_id = models.CharField(max_length=200, null=True, blank=True, unique=True)
    page_url = models.TextField(blank=True)
    payment_id = models.CharField(max_length=200, null=True, blank=True, unique=True)
    failure = models.CharField(max_length=100, blank=True)
    message = models.CharField(max_length=500, blank=True)
    received = AmountField(null=True, blank=True)
    transaction = models.OneToOneField(
        Transaction, null=True, blank=True, on_delete=models.PROTECT, related_name="top_up"
    )
    started_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, amount__lt=AMOUNT_LIMIT)
                & (Q(received__isnull=True) | Q(received__gt=0, received__lt=AMOUNT_LIMIT)),
                name="top_up_amounts_are_positive",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=TopUpKind.values, state__in=TopUpState.values), name="top_up_words_are_known"
            ),
            models.CheckConstraint(
                condition=Q(
                    state=TopUpState.SUCCEEDED,
                    transaction__isnull=False,
                    received__isnull=False,
                    payment_id__isnull=False,
                )
                | (~Q(state=TopUpState.SUCCEEDED) & Q(transaction__isnull=True, received__isnull=True)),
                name="top_up_is_booked_when_it_is_paid",
            ),
            models.UniqueConstraint(
                fields=["wallet"],
                condition=Q(kind=TopUpKind.AUTOMATIC, state__in=OPEN_STATES),
                name="one_open_automatic_top_up",
            ),
            models.UniqueConstraint(fields=["wallet", "request_key"], name="top_up_once_per_form"),
        ]
        indexes = [
            models.Index(fields=["started_at"], name="top_ups_under_way", condition=Q(state__in=OPEN_STATES)),
            models.Index(fields=["wallet", "-started_at"], name="top_ups_of_a_wallet"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether the payment may still succeed by itself."""
        return self.state in OPEN_STATES

    @property
    def is_automatic(self) -> bool:
        return self.kind == TopUpKind.AUTOMATIC
