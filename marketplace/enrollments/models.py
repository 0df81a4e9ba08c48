"""Enrollments: a customer's opt-in to a service, at the price and with the parameters that were accepted."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

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
