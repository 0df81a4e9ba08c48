"""Contested charges: a thread between customer, seller and operators, and what came of it."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.teams.models import Team
from billing.ledger.models import Transaction, not_negative
from billing.rating.models import Charge
from billing.wallets.models import Wallet
from common.models import AmountField, Identified
from marketplace.attachments.models import AttachedFile
from marketplace.catalog.models import Service


class DisputeState(models.TextChoices):
    """open -> answered -> resolved | rejected | withdrawn, or from open at once. A dispute never goes back."""

    OPEN = "open", "Open"
    ANSWERED = "answered", "Answered"
    RESOLVED = "resolved", "Resolved"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"


#: States in which something can still come of it.
UNDECIDED = (DisputeState.OPEN, DisputeState.ANSWERED)


class Side(models.TextChoices):
    CUSTOMER = "customer", "Customer"
    SELLER = "seller", "Seller"
    OPERATOR = "operator", "Operators"


class Dispute(Identified):
    """A customer contests one charge.

    credited: what went back to the wallet, by `transaction`.
    *_seen_at: up to when each side has read the thread.
    """

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="disputes")
    seller = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="disputes_about_services")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="disputes")
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="disputes")
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, db_constraint=False, related_name="disputes")
    state = models.CharField(max_length=9, choices=DisputeState.choices, default=DisputeState.OPEN)
    credited = AmountField(default=Decimal(0))
    transaction = models.OneToOneField(
        Transaction, null=True, blank=True, on_delete=models.PROTECT, related_name="dispute"
    )
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField()
    customer_seen_at = models.DateTimeField(null=True, blank=True)
    seller_seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-changed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["charge"], condition=Q(state__in=["open", "answered"]), name="one_open_dispute_per_charge"
            ),
            models.CheckConstraint(condition=Q(state__in=DisputeState.values), name="dispute_state_is_known"),
            models.CheckConstraint(condition=not_negative("credited"), name="dispute_credit_is_a_number"),
            models.CheckConstraint(
                condition=Q(state="resolved", credited__gt=0, transaction__isnull=False)
                | (~Q(state="resolved") & Q(credited=0, transaction__isnull=True)),
                name="dispute_that_is_resolved_gave_a_credit",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "answered"], ended_at__isnull=True)
                | (~Q(state__in=["open", "answered"]) & Q(ended_at__isnull=False)),
                name="dispute_that_ended_says_when",
            ),
            models.CheckConstraint(condition=~Q(team=F("seller")), name="dispute_has_two_sides"),
        ]
        indexes = [
            models.Index(fields=["team", "-changed_at"], name="disputes_of_a_customer"),
            models.Index(fields=["seller", "-changed_at"], name="disputes_of_a_seller"),
            models.Index(
                fields=["team"],
                condition=Q(customer_seen_at__isnull=True) | Q(changed_at__gt=F("customer_seen_at")),
                name="disputes_unread_by_customer",
            ),
            models.Index(
                fields=["seller"],
                condition=Q(seller_seen_at__isnull=True) | Q(changed_at__gt=F("seller_seen_at")),
                name="disputes_unread_by_seller",
            ),
        ]

    def __str__(self) -> str:
        return f"Dispute about {self.service}"

    @property
    def is_undecided(self) -> bool:
        return self.state in UNDECIDED


class DisputeMessage(Identified):
    """A line of the thread. Never changed."""

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="messages")
    side = models.CharField(max_length=8, choices=Side.choices)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    sent_at = models.DateTimeField()

    class Meta:
        ordering = ["sent_at", "created_at"]
        constraints = [models.CheckConstraint(condition=Q(side__in=Side.values), name="dispute_side_is_known")]

    def __str__(self) -> str:
        return self.text[:50]


class DisputeAttachment(AttachedFile):
    message = models.ForeignKey(DisputeMessage, on_delete=models.PROTECT, related_name="attachments")
