"""Where customers reach a service."""

from __future__ import annotations

from django.db import models

from common.models import Identified
from marketplace.catalog.models.services import Service


class AccessMethod(models.TextChoices):
    HTTP = "http", "HTTP"
    WEBSOCKET = "websocket", "WebSocket"
    GRPC = "grpc", "gRPC"
    SMTP = "smtp", "SMTP"
    MCP = "mcp", "MCP"
    S3 = "s3", "S3"
    SSH = "ssh", "SSH"


class Gateway(models.TextChoices):
    API = "api", "API"
    S3 = "s3", "S3"
    SMTP = "smtp", "SMTP"
    SSH = "ssh", "SSH"
    MCP = "mcp", "MCP"


class AccessInterface(Identified):
    """An address at one of the gateways.

    `live_address` is set while the service is active: gateway, path and canonical routing key. It is unique, so that no
    two active services answer one address; several interfaces of one service may share one, the first holds it.
    """

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="interfaces")
    name = models.CharField(max_length=255)
    description = models.CharField(max_length=500, blank=True)
    access_method = models.CharField(max_length=10, choices=AccessMethod.choices, default=AccessMethod.HTTP)
    gateway = models.CharField(max_length=4, choices=Gateway.choices, default=Gateway.API)
    base_url = models.CharField(max_length=500, help_text="As the seller wrote it.")
    path = models.CharField(max_length=500, blank=True, help_text="After the gateway, without slashes at its ends.")
    routing_key = models.JSONField(null=True, blank=True)
    is_enrollment_scoped = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    is_primary = models.BooleanField(default=False)
    sort_order = models.IntegerField(default=0)
    live_address = models.CharField(max_length=1200, null=True, editable=False)

    class Meta:
        ordering = ["-is_primary", "sort_order", "name"]
        constraints = [
            models.UniqueConstraint(fields=["service", "name"], name="interface_name_once"),
            models.UniqueConstraint(fields=["live_address"], name="one_active_service_per_address"),
            models.CheckConstraint(
                condition=models.Q(access_method__in=AccessMethod.values), name="interface_method_is_known"
            ),
            models.CheckConstraint(condition=models.Q(gateway__in=Gateway.values), name="interface_gateway_is_known"),
        ]
        indexes = [models.Index(fields=["gateway", "path"], name="interfaces_by_path")]

    def __str__(self) -> str:
        return self.name
