"""The three parts of a seller's files: who provides, what is offered, how it is sold."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from accounts.teams.models import Team
from billing.prices.models import PriceVersion
from common.models import Identified


class FileStatus(models.TextChoices):
    """What the seller's file says of itself. It decides nothing here: services have their own status."""

    DRAFT = "draft", "Draft"
    READY = "ready", "Ready"
    DEPRECATED = "deprecated", "Deprecated"


class Provider(Identified):
    """Who runs the upstream. The name is the namespace of its services and belongs to one seller."""

    seller = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="providers")
    name = models.CharField(max_length=100)
    display_name = models.CharField(max_length=200, blank=True)
    homepage = models.CharField(max_length=1000, blank=True)
    contact_email = models.EmailField(blank=True)
    description = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=FileStatus.choices, default=FileStatus.DRAFT)
    data = models.JSONField(default=dict, blank=True, help_text="The file in the current form, as normalised.")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(Lower("name"), name="provider_name_once"),
            models.CheckConstraint(condition=models.Q(status__in=FileStatus.values), name="provider_status_is_known"),
        ]

    def __str__(self) -> str:
        return self.display_name or self.name


class Offering(Identified):
    """What the upstream does and how it is reached. `data["upstream_access_config"]` holds the channels."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="offerings")
    name = models.CharField(max_length=255)
    display_name = models.CharField(max_length=200, blank=True)
    service_type = models.CharField(max_length=64)
    summary = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    capabilities = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    tags = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    status = models.CharField(max_length=10, choices=FileStatus.choices, default=FileStatus.DRAFT)
    currency = models.CharField(max_length=8, default="USD")
    payout_price = models.ForeignKey(PriceVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    data = models.JSONField(default=dict, blank=True, help_text="The file in the current form, as normalised.")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=FileStatus.values), name="offering_status_is_known"),
        ]

    def __str__(self) -> str:
        return self.display_name or self.name


class Listing(Identified):
    """How an offering is sold: price, interfaces, parameters, options."""

    offering = models.ForeignKey(Offering, on_delete=models.CASCADE, related_name="listings")
    name = models.CharField(max_length=255)
    display_name = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=10, choices=FileStatus.choices, default=FileStatus.DRAFT)
    currency = models.CharField(max_length=8, default="USD")
    list_price = models.ForeignKey(PriceVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    data = models.JSONField(default=dict, blank=True, help_text="The file in the current form, as normalised.")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=FileStatus.values), name="listing_status_is_known"),
        ]

    def __str__(self) -> str:
        return self.display_name or self.name
