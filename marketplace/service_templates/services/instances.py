"""Services made of templates: rendered at once, uploaded like any files, and remembered with their parameters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.teams.models import Team
from accounts.users.models import User
from marketplace.catalog import queries as catalog
from marketplace.catalog import services as catalog_services
from marketplace.catalog.models import Service, ServiceKind
from marketplace.service_templates import queries
from marketplace.service_templates.models import ServiceTemplate, TemplateInstance
from marketplace.service_templates.services.errors import OtherTemplate
from marketplace.service_templates.services.rendering import render


@transaction.atomic
def instantiate(
    *,
    seller: Team,
    template: ServiceTemplate,
    parameters: Mapping[str, Any],
    name: str = "",
    service_id: UUID | None = None,
    auto_submit: bool = False,
    key: str | None = None,
    by: User | None,
    now: datetime,
) -> TemplateInstance:
    """Render a template and upload what comes out; a worker ingests it. The instance names the upload's task.

    service_id: renders that service anew, which was made of a version of the same template. The same key within a day
    returns the first instance and starts nothing.
    Raises: ParametersRefused, OtherTemplate, NotFound, Invalid for a malformed key.
    """
    known = _known(seller, template, service_id)
    name = name or (known.name if known else "")
    rendering = render(template=template, parameters=parameters, name=name)
    target = str(known.service_id) if known is not None and known.service_id else None
    payload = {
        "data": rendering.as_data(),
        "service_status": {"service_id": target} if target else None,
        "managed_by_template": str(template),
        **_membership(template),
    }
    task = catalog_services.accept_upload(
        seller=seller, payload=payload, auto_submit=auto_submit, key=key, by=by, now=now
    )
    instance = TemplateInstance.objects.filter(seller=seller, task_key=task.key).first()
    if instance is not None:
        return instance
    instance = known or TemplateInstance(seller=seller, created_by=by)
    instance.template, instance.parameters = template, dict(parameters)
    instance.name = (name or str(rendering.listing.get("name") or template.display_name))[:255]
    instance.task_key, instance.last_submitted_at = task.key, now
    instance.save()
    return instance


def _membership(template: ServiceTemplate) -> dict[str, str]:
    """Return what makes the service of a member template a member."""
    if template.platform_service_id is None:
        return {}
    return {"kind": ServiceKind.PLATFORM_MEMBER.value, "platform_service": str(template.platform_service_id)}


@transaction.atomic
def forget(*, instance: TemplateInstance) -> None:
    """Remove an instance, and its service when that was never on sale. Raises: DeletionRefused."""
    if instance.service is not None:
        catalog_services.delete(service=instance.service)
    instance.delete()


def ingested(seller_id: UUID, task_key: str, service_id: UUID) -> None:
    """Remember which service an upload has made of a template; uploads of files are none of ours."""
    TemplateInstance.objects.filter(seller=seller_id, task_key=task_key).update(service=service_id)


def _known(seller: Team, template: ServiceTemplate, service_id: UUID | None) -> TemplateInstance | None:
    """Return what the service that is to be rendered anew was made of."""
    if service_id is None:
        return None
    service: Service = catalog.seller_service(team=seller, service_id=str(service_id))
    known = queries.instance_of(service)
    if known is None or known.template.name != template.name:
        raise OtherTemplate(service=service.name, template=template.name)
    return known
