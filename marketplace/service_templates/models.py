"""Templates, and what sellers have made of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.teams.models import Team
from common.models import Identified
from marketplace.catalog.models import Service


class TemplateStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    DEPRECATED = "deprecated", "Deprecated"


class ServiceTemplate(Identified):
    """Three files of a service with gaps. Each body is Jinja text that renders to JSON.

    parameter_schema: what a seller fills in, as JSON Schema. constants: values that the bodies read beside them.
    platform_service: what services made of it become members of; its seller owns the template.
    """

    name = models.CharField(max_length=100)
    version = models.CharField(max_length=50)
    display_name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    service_type = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=TemplateStatus.choices, default=TemplateStatus.DRAFT)
    parameter_schema = models.JSONField(default=dict, blank=True)
    parameter_ui_schema = models.JSONField(null=True, blank=True)
    constants = models.JSONField(default=dict, blank=True)
    provider_template = models.TextField()
    offering_template = models.TextField()
    listing_template = models.TextField()
    platform_service = models.ForeignKey(
        Service, null=True, blank=True, on_delete=models.CASCADE, related_name="member_templates"
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "service template"
        ordering = ["name", "-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="service_template_version_once"),
            models.CheckConstraint(condition=Q(status__in=TemplateStatus.values), name="template_status_is_known"),
            models.UniqueConstraint(
                fields=["platform_service"],
                condition=Q(platform_service__isnull=False, status=TemplateStatus.ACTIVE),
                name="one_active_template_per_platform_service",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class TemplateInstance(Identified):
    """A service that a seller made of a template, with the parameters of the last time.

    task_key: the upload that renders it. service: empty until that has ended well.
    """

    seller = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="template_instances")
    template = models.ForeignKey(ServiceTemplate, on_delete=models.PROTECT, related_name="instances")
    name = models.CharField(max_length=255)
    parameters = models.JSONField(default=dict, blank=True)
    service = models.ForeignKey(
        Service, null=True, blank=True, on_delete=models.SET_NULL, related_name="template_instances"
    )
    task_key = models.CharField(max_length=128)
    last_submitted_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["seller", "task_key"], name="template_instance_once_per_upload"),
        ]
        indexes = [models.Index(fields=["seller", "-created_at", "-id"], name="template_instances_of_seller")]

    def __str__(self) -> str:
        return self.name
