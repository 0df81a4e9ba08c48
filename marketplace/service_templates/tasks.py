"""Background work of templates."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from marketplace.service_templates import services


@shared_task(name="marketplace.service_templates.render_members")
def render_members(*, service_id: str, **_: object) -> None:
    """Render the members of a platform service from its new template."""
    services.render_members(service_id=UUID(service_id), now=timezone.now())
