"""Member templates: published with a platform service, and owned through it."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from common import jobs
from common.errors import DomainError, Invalid
from marketplace.catalog.files.parameters import check_schema
from marketplace.catalog.files.problems import Findings
from marketplace.catalog.models import Service
from marketplace.service_templates import queries
from marketplace.service_templates.models import ServiceTemplate, TemplateInstance, TemplateStatus
from marketplace.service_templates.services.errors import ParametersRefused, TemplateNameTaken
from marketplace.service_templates.services.instances import instantiate

Json = dict[str, Any]
_WRITTEN = (
    "display_name",
    "description",
    "service_type",
    "status",
    "parameter_schema",
    "parameter_ui_schema",
    "constants",
    "provider_template",
    "offering_template",
    "listing_template",
)
log = logging.getLogger(__name__)


@transaction.atomic
def publish(service_id: UUID, uploaded: Json, now: datetime) -> Json:
    """Store the template of a platform service's members, and return what its client learns.

    It is found by name and version. When it has changed, the members are rendered anew from their stored parameters.
    Raises: Invalid, TemplateNameTaken.
    """
    _check(uploaded)
    platform = Service.objects.get(pk=service_id)
    found = ServiceTemplate.objects.select_for_update(of=("self",)).filter(
        name=uploaded["name"], version=uploaded["version"]
    )
    template = found.first()
    if template is not None and template.platform_service_id != platform.pk:
        raise TemplateNameTaken(name=uploaded["name"], version=uploaded["version"])
    action = "unchanged"
    if template is None:
        template = ServiceTemplate(name=uploaded["name"], version=uploaded["version"], platform_service=platform)
        template.pk = _free_id(uploaded.get("id")) or template.pk
        action = "created"
    values = _values(uploaded)
    if action == "created" or any(getattr(template, name) != value for name, value in values.items()):
        action = action if action == "created" else "updated"
        _store(template, values)
        jobs.enqueue("marketplace.service_templates.render_members", service_id=str(platform.pk))
    return {"service_id": str(platform.pk), "member_template_id": str(template.pk), "member_template": action}


def render_members(*, service_id: UUID, now: datetime) -> int:
    """Render the members of a platform service anew and submit what has changed. Returns how many were uploaded."""
    uploaded = 0
    for instance in queries.made_for(Service.objects.get(pk=service_id)):
        uploaded += _rendered_anew(instance, now)
    return uploaded


def _rendered_anew(instance: TemplateInstance, now: datetime) -> bool:
    template = queries.newest(instance.template)
    try:
        instantiate(
            seller=instance.seller,
            template=template,
            parameters=instance.parameters,
            service_id=instance.service_id,
            auto_submit=True,
            by=None,
            now=now,
        )
    except ParametersRefused as error:
        # what is on sale stays as it is; its seller fills in the new template when they change it
        log.warning("template.member_refused", extra={"instance_id": str(instance.pk), "problems": error.problems})
        return False
    except DomainError as error:
        log.warning("template.member_refused", extra={"instance_id": str(instance.pk), "problems": [error.message]})
        return False
    return True


def _check(uploaded: Json) -> None:
    found = Findings()
    check_schema(uploaded.get("parameter_schema") or {"type": "object", "properties": {}}, found)
    problems = [f"member_template.parameter_schema: {each.text}" for each in found.problems if each.severity == "error"]
    if problems:
        raise Invalid(problems)


def _values(uploaded: Json) -> Json:
    usual: Json = {
        "description": "",
        "status": TemplateStatus.ACTIVE,
        "parameter_schema": {"type": "object", "properties": {}},
        "constants": {},
    }
    return {name: uploaded.get(name) or usual.get(name) for name in _WRITTEN}


def _store(template: ServiceTemplate, values: Json) -> None:
    """Save a template; of the templates of a platform service one is active."""
    if values["status"] == TemplateStatus.ACTIVE:
        others = ServiceTemplate.objects.filter(platform_service=template.platform_service).exclude(pk=template.pk)
        others.filter(status=TemplateStatus.ACTIVE).update(status=TemplateStatus.DEPRECATED)
    for name, value in values.items():
        setattr(template, name, value)
    template.save()


def _free_id(wanted: object) -> UUID | None:
    """Return the id that a client brings from another installation, when it is free here."""
    try:
        found = UUID(str(wanted)) if wanted else None
    except ValueError:
        return None
    return None if found is None or ServiceTemplate.objects.filter(pk=found).exists() else found
