"""Services: what customers see, enroll in and call. A revision is a row of its own until it is approved."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.teams.models import Team
from billing.prices.models import PriceVersion
from common.models import AmountField, Identified
from marketplace.catalog.models.listings import Listing, Offering, Provider


class ServiceStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    PENDING = "pending", "In testing"
    REVIEW = "review", "In review"
    ACTIVE = "active", "Active"
    REJECTED = "rejected", "Rejected"
    SUSPENDED = "suspended", "Suspended"
    DEPRECATED = "deprecated", "Deprecated"


class Visibility(models.TextChoices):
    UNLISTED = "unlisted", "Unlisted: reachable by its link"
    PUBLIC = "public", "Public: in the catalogue"
    PRIVATE = "private", "Private: operators and the seller only"


class ServiceKind(models.TextChoices):
    REGULAR = "regular", "Regular"
    PLATFORM = "platform", "Platform service"
    PLATFORM_MEMBER = "platform_member", "Member of a platform service"


#: What a revision can be; what is live stays in the original row.
REVISION_STATUSES = (ServiceStatus.DRAFT, ServiceStatus.PENDING, ServiceStatus.REVIEW, ServiceStatus.REJECTED)

FACET_LENGTH = 160

#: What the catalogue lists.
IN_MARKET = Q(status=ServiceStatus.ACTIVE, visibility=Visibility.PUBLIC, revision_of__isnull=True)


class ServiceQuerySet(models.QuerySet["Service"]):
    def originals(self) -> ServiceQuerySet:
        return self.filter(revision_of__isnull=True)

    def active(self) -> ServiceQuerySet:
        return self.filter(status=ServiceStatus.ACTIVE)

    def in_market(self) -> ServiceQuerySet:
        return self.filter(IN_MARKET)


class Service(Identified):
    """A service, or with `revision_of` the next version of one."""

    seller = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="services")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="services")
    offering = models.OneToOneField(Offering, on_delete=models.PROTECT, related_name="service")
    listing = models.OneToOneField(Listing, on_delete=models.PROTECT, related_name="service")
    name = models.CharField(max_length=255)
    display_name = models.CharField(max_length=200, blank=True)
    summary = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=10, choices=ServiceStatus.choices, default=ServiceStatus.DRAFT)
    visibility = models.CharField(max_length=8, choices=Visibility.choices, default=Visibility.UNLISTED)
    kind = models.CharField(max_length=16, choices=ServiceKind.choices, default=ServiceKind.REGULAR)
    revision_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="revisions")
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="pool_members",
        help_text="Of a member: the platform service whose calls it answers.",
    )
    status_message = models.TextField(blank=True)

    content_hash = models.CharField(max_length=64)
    warnings = models.JSONField(default=list, blank=True, help_text="Sentences for the seller, one a deviation.")
    upload = models.JSONField(
        default=dict, blank=True, help_text="provider, offering and listing as the seller wrote them."
    )
    provider_data = models.JSONField(
        default=dict, blank=True, help_text="The provider file of this upload; the provider takes it over on approval."
    )
    managed_by_template = models.CharField(max_length=200, blank=True)

    service_type = models.CharField(max_length=64)
    capabilities = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    tags = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    channel_types = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    requires_enrollment = models.BooleanField(default=False)
    customer_secrets = models.JSONField(
        default=dict, blank=True, help_text='{channel: {"required": [names], "optional": [names]}}'
    )
    seller_secrets = ArrayField(models.CharField(max_length=255), default=list, blank=True)
    routing_vars = models.JSONField(default=dict, blank=True)

    list_price = models.ForeignKey(PriceVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=8, default="USD")
    nominal_price = AmountField(null=True, blank=True, help_text="One number to sort and compare by.")

    search = SearchVectorField(null=True, editable=False)
    facets = ArrayField(
        models.CharField(max_length=FACET_LENGTH),
        default=list,
        editable=False,
        help_text='"type:llm", "tag:fast": for filters',
    )

    submitted_at = models.DateTimeField(null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    deprecated_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "name"],
                condition=Q(revision_of__isnull=True) & ~Q(status=ServiceStatus.DEPRECATED),
                name="one_live_service_per_name",
            ),
            models.UniqueConstraint(
                fields=["revision_of"], condition=Q(revision_of__isnull=False), name="one_revision_per_service"
            ),
            models.CheckConstraint(condition=Q(status__in=ServiceStatus.values), name="service_status_is_known"),
            models.CheckConstraint(condition=Q(visibility__in=Visibility.values), name="service_visibility_is_known"),
            models.CheckConstraint(condition=Q(kind__in=ServiceKind.values), name="service_kind_is_known"),
            models.CheckConstraint(
                condition=Q(revision_of__isnull=True) | Q(status__in=REVISION_STATUSES), name="revisions_are_never_live"
            ),
            models.CheckConstraint(
                condition=Q(kind=ServiceKind.PLATFORM_MEMBER, parent__isnull=False)
                | (~Q(kind=ServiceKind.PLATFORM_MEMBER) & Q(parent__isnull=True)),
                name="only_members_have_a_parent",
            ),
            models.CheckConstraint(
                condition=~Q(kind=ServiceKind.PLATFORM_MEMBER) | Q(visibility=Visibility.PRIVATE),
                name="members_are_private",
            ),
            models.CheckConstraint(
                condition=Q(nominal_price__isnull=True)
                | (Q(nominal_price__lt=10**17) & Q(nominal_price__gt=-(10**17))),
                name="nominal_price_is_finite",
            ),
        ]
        indexes = [
            models.Index(fields=["seller", "-created_at", "-id"], name="services_of_seller"),
            models.Index(fields=["status", "submitted_at"], name="services_by_status"),
            models.Index(fields=["name"], name="services_by_name"),
            GinIndex(fields=["search"], name="service_search"),
            GinIndex(fields=["facets"], name="service_facets"),
            models.Index(fields=["nominal_price", "id"], condition=IN_MARKET, name="market_by_price"),
            models.Index(fields=["-approved_at", "-id"], condition=IN_MARKET, name="market_by_age"),
            models.Index(fields=["name", "id"], condition=IN_MARKET, name="market_by_name"),
            models.Index(fields=["-created_at", "-id"], condition=IN_MARKET, name="market_by_creation"),
        ]

    def __str__(self) -> str:
        return self.display_name or self.name

    @property
    def is_revision(self) -> bool:
        return self.revision_of_id is not None


class StatusChange(models.Model):
    """One step of a service's life: who, when, why."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="status_changes")
    from_status = models.CharField(max_length=10, choices=ServiceStatus.choices, blank=True)
    to_status = models.CharField(max_length=10, choices=ServiceStatus.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(to_status__in=ServiceStatus.values), name="status_change_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.from_status or 'new'} to {self.to_status}"
