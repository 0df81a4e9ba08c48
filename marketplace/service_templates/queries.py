"""Reads of templates and of what sellers have made of them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.teams.models import Team
from common.errors import NotFound
from marketplace.catalog.models import Service, ServiceStatus
from marketplace.service_templates.models import ServiceTemplate, TemplateInstance, TemplateStatus


def offered(*, service_type: str | None = None) -> QuerySet[ServiceTemplate]:
    """Return the templates that sellers can use, by name, the newest version first."""
    found = ServiceTemplate.objects.filter(status=TemplateStatus.ACTIVE).order_by("name", "-created_at", "-pk")
    found = found.filter(Q(platform_service=None) | Q(platform_service__status=ServiceStatus.ACTIVE))
    found = found.select_related("platform_service__listing__list_price", "platform_service__provider")
    return found.filter(service_type=service_type) if service_type else found


def template(template_id: UUID) -> ServiceTemplate:
    """Return a template that sellers can use. Raises: NotFound."""
    found = offered().filter(pk=template_id).first()
    if found is None:
        raise NotFound(what="service template")
    return found


def instances(*, team: Team) -> QuerySet[TemplateInstance]:
    """Return what a seller has made of templates, newest first, each with `pending_revision_id`."""
    revision = Service.objects.filter(revision_of=OuterRef("service"))
    found = TemplateInstance.objects.filter(seller=team).select_related("template", "service")
    return found.annotate(pending_revision_id=Subquery(revision.values("pk")[:1])).order_by("-created_at", "-id")


def instance(*, team: Team, instance_id: UUID) -> TemplateInstance:
    """Return one of them. Raises: NotFound."""
    found = instances(team=team).filter(pk=instance_id).first()
    if found is None:
        raise NotFound(what="instance")
    return found


def instance_of(service: Service) -> TemplateInstance | None:
    """Return what a service, or the original of a revision, was made of; None for one made of files."""
    original = service.revision_of_id or service.pk
    return TemplateInstance.objects.filter(service=original).order_by("-created_at").first()


def newest(template: ServiceTemplate) -> ServiceTemplate:
    """Return the version of a template that sellers use now; the same one when there is none."""
    return offered().filter(name=template.name).first() or template


def made_for(platform_service: Service) -> QuerySet[TemplateInstance]:
    """Return what sellers have made of the member templates of a platform service, as far as it is still a service."""
    found = TemplateInstance.objects.filter(template__platform_service=platform_service, service__isnull=False)
    return found.exclude(service__status=ServiceStatus.DEPRECATED).order_by("created_at", "pk")
