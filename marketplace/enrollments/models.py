"""Enrollments: a customer's opt-in to a service, at the price and with the parameters that were accepted.

And the changes of that price: what a seller announced, and what became of it.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.teams.models import Team
from billing.prices.models import PriceVersion
from common.models import Identified
from marketplace.catalog.models import AccessMethod, Gateway, Service


class EnrollmentStatus(models.TextChoices):
    PENDING = "pending", "Pending"
    INCOMPLETE = "incomplete", "Incomplete"
    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"
    CANCELLED = "cancelled", "Cancelled"


class CodeScope(models.TextChoices):
    CUSTOMER = "customer", "Unique for its customer"
    GLOBAL = "global", "Unique among all customers"


class EnrollmentQuerySet(models.QuerySet["Enrollment"]):
    def active(self) -> EnrollmentQuerySet:
        return self.filter(status=EnrollmentStatus.ACTIVE)

    def current(self) -> EnrollmentQuerySet:
        return self.exclude(status=EnrollmentStatus.CANCELLED)


class Enrollment(Identified):
    """`price` is the price version that the customer accepted; it applies until they accept another.

    `secret_hosts`: the consent given when enrolling, [{"secret": name, "host": host}].
    """

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="enrollments")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="enrollments")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="enrollments"
    )
    code = models.CharField(max_length=8, help_text="Crockford base 32: 4 characters, or 8 when unique among all.")
    scope = models.CharField(max_length=8, choices=CodeScope.choices, default=CodeScope.CUSTOMER)
    parameters = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=10, choices=EnrollmentStatus.choices, default=EnrollmentStatus.ACTIVE)
    price = models.ForeignKey(PriceVersion, on_delete=models.PROTECT, related_name="+")
    secret_hosts = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(help_text="When the customer agreed.")
    updated_at = models.DateTimeField(auto_now=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects = EnrollmentQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["team", "code"], name="enrollment_code_once_per_team"),
            models.UniqueConstraint(
                fields=["code"], condition=Q(scope=CodeScope.GLOBAL), name="global_enrollment_code_once"
            ),
            models.CheckConstraint(condition=Q(status__in=EnrollmentStatus.values), name="enrollment_status_is_known"),
            models.CheckConstraint(condition=Q(scope__in=CodeScope.values), name="enrollment_scope_is_known"),
            models.CheckConstraint(
                condition=Q(code__regex=r"^([0-9A-HJKMNP-TV-Z]{4}|[0-9A-HJKMNP-TV-Z]{8})$"),
                name="enrollment_code_is_crockford",
            ),
            models.CheckConstraint(
                condition=Q(status=EnrollmentStatus.CANCELLED, cancelled_at__isnull=False)
                | (~Q(status=EnrollmentStatus.CANCELLED) & Q(cancelled_at__isnull=True)),
                name="enrollment_cancelled_has_its_time",
            ),
        ]
        indexes = [
            models.Index(fields=["team", "-created_at", "-id"], name="enrollments_of_team"),
            models.Index(fields=["service"], condition=Q(status="active"), name="active_enrollments"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def is_current(self) -> bool:
        return self.status != EnrollmentStatus.CANCELLED


class EnrollmentInterface(Identified):
    """An address that exists for one enrollment alone: a template of the listing, rendered."""

    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="interfaces")
    name = models.CharField(max_length=255)
    description = models.CharField(max_length=500, blank=True)
    gateway = models.CharField(max_length=4, choices=Gateway.choices, default=Gateway.API)
    access_method = models.CharField(max_length=10, choices=AccessMethod.choices, default=AccessMethod.HTTP)
    path = models.TextField(blank=True, help_text="After the gateway, without slashes at its ends.")
    routing_key = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["enrollment", "name"], name="enrollment_interface_name_once")]

    def __str__(self) -> str:
        return self.name


class PriceChangeStatus(models.TextChoices):
    ANNOUNCED = "announced", "Announced"
    ACCEPTED = "accepted", "Accepted"
    APPLIED = "applied", "In effect"
    WITHDRAWN = "withdrawn", "Withdrawn"


class PriceChange(Identified):
    """A price that an enrollment is to pay instead of the one that was accepted.

    takes_effect_at: a rise when its notice ends, a cut at once. closed_at: when it was accepted, took effect, or was
    replaced by another change, taken back, or left without an enrollment (withdrawn).
    """

    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="price_changes")
    old_price = models.ForeignKey(PriceVersion, on_delete=models.PROTECT, related_name="+")
    new_price = models.ForeignKey(PriceVersion, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=9, choices=PriceChangeStatus.choices, default=PriceChangeStatus.ANNOUNCED)
    announced_at = models.DateTimeField()
    takes_effect_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-announced_at", "-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrollment"], condition=Q(status="announced"), name="one_announced_price_per_enrollment"
            ),
            models.CheckConstraint(
                condition=Q(status__in=PriceChangeStatus.values), name="price_change_status_is_known"
            ),
            models.CheckConstraint(condition=~Q(old_price=F("new_price")), name="price_change_changes_something"),
            models.CheckConstraint(
                condition=Q(status="announced", closed_at__isnull=True)
                | (~Q(status="announced") & Q(closed_at__isnull=False)),
                name="price_change_that_is_closed_says_when",
            ),
        ]
        indexes = [
            models.Index(fields=["takes_effect_at"], condition=Q(status="announced"), name="price_changes_to_come"),
        ]

    def __str__(self) -> str:
        return f"{self.enrollment}: {self.get_status_display().lower()}"

    @property
    def is_open(self) -> bool:
        return self.status == PriceChangeStatus.ANNOUNCED
