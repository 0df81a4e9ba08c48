"""The JSON of enrollments. Every known key is always present."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Schema

from marketplace.catalog import queries as catalog
from marketplace.catalog.customer.schemas import Interface, service_summary
from marketplace.catalog.files import vocabulary
from marketplace.catalog.models import Gateway
from marketplace.enrollments.models import Enrollment

Json = dict[str, Any]
_SECRET_NAMES = re.compile(r"(api_?key|password|passwd|token|secret_?key|access_?key|private_?key|credential)s?$", re.I)
MASK = "***masked***"


class EnrollmentIn(Schema):
    service_id: UUID
    parameters: Json | None = None
    status: str | None = None
    recurrence_schedule: Json | None = None


class EnrollmentAccepted(Schema):
    id: UUID
    service_id: UUID
    status: str
    task_id: str
    message: str
    owner_id: UUID | None


class EnrollmentOut(Schema):
    """parameters: values whose names say that they are secret are masked. proxy_endpoint: where the code is called."""

    id: UUID
    service_id: UUID
    owner_id: UUID | None
    status: str
    parameters: Json | None
    created_at: datetime
    updated_at: datetime | None
    service: Json | None
    proxy_endpoint: str | None
    code: str | None


class EnrollmentPage(Schema):
    data: list[EnrollmentOut]
    count: int
    skip: int
    limit: int


class EnrollmentCancelled(Schema):
    enrollment_id: UUID
    status: str
    message: str


class TaskOut(Schema):
    """Work that was accepted. state: the same in the words of older clients."""

    task_id: str
    status: str
    state: str
    message: str
    result: Json | None


def enrollment_out(enrollment: Enrollment, *, with_service: bool) -> EnrollmentOut:
    """Return an enrollment; its service and address too when they are asked for."""
    return EnrollmentOut(
        id=enrollment.pk,
        service_id=enrollment.service_id,
        owner_id=None,
        status=enrollment.status,
        parameters=masked(enrollment.parameters),
        created_at=enrollment.created_at,
        updated_at=enrollment.updated_at,
        service=_service(enrollment) if with_service else None,
        proxy_endpoint=code_address(enrollment) if with_service and enrollment.is_current else None,
        code=enrollment.code,
    )


def own_interface(enrollment: Enrollment) -> Interface:
    """Return the one interface that an enrollment adds to its service: the address of its code."""
    return Interface(
        name=f"enrollment-{enrollment.code}",
        description="The address of your enrollment. It works whatever the seller changes.",
        access_method=vocabulary.emitted_access_method("http"),
        base_url=code_address(enrollment),
        enrollment_id=enrollment.pk,
        kind="enrollment",
        routing_key=None,
    )


def code_address(enrollment: Enrollment) -> str:
    """Return the full address of an enrollment's code."""
    return f"{catalog.gateway_url(Gateway.API)}/e/{enrollment.code}"


def masked(parameters: Json) -> Json:
    """Return parameters without what their names call secret, at any depth."""
    return {
        name: MASK if _SECRET_NAMES.search(name) else masked(value) if isinstance(value, dict) else value
        for name, value in parameters.items()
    }


def _service(enrollment: Enrollment) -> Json:
    shown: Json = service_summary(enrollment.service).dict()
    return {**shown, "id": str(shown["id"]), "provider_name": enrollment.service.provider.name}
