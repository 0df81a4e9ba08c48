"""From three files to a service: one upload is one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.db import transaction

from accounts.teams.models import Team
from accounts.users.models import User
from common.errors import Invalid
from marketplace.catalog import queries
from marketplace.catalog.models import Provider, Service, ServiceStatus
from marketplace.catalog.services import (
    checking,
    content,
    lifecycle,
    membership,
    revisions,
)
from marketplace.catalog.services.checking import ServiceFiles
from marketplace.catalog.services.content import ServiceContent
from marketplace.catalog.services.errors import NameTaken

Json = dict[str, Any]
Outcome = Literal["created", "updated", "unchanged", "revision_created"]

_OTHER_KIND = "listing_data.name: '{name}' is a {kind} already. Choose another name for this one."

#: A new upload of these becomes a revision; the others are replaced in place.
_LIVE = (ServiceStatus.ACTIVE, ServiceStatus.SUSPENDED)


@dataclass(frozen=True, slots=True)
class Ingested:
    """What an upload did. service: the row that holds the content, a revision when there is a live one."""

    service: Service
    outcome: Outcome
    warnings: tuple[str, ...]
    time_created: str | None

    def as_record(self) -> Json:
        """Return what the seller's client stores beside the files."""
        return {
            "service_id": str(self.service.pk),
            "revision_of": str(self.service.revision_of_id) if self.service.revision_of_id else None,
            "status": self.outcome,
            "name": self.service.name,
            "display_name": self.service.display_name,
            "time_created": self.time_created,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """What an upload would do. target: the live service that it is for, locked; None makes a new one."""

    seller: Team
    content: ServiceContent
    target: Service | None
    revision: Service | None
    outcome: Outcome


@transaction.atomic
def plan(
    *,
    seller: Team,
    files: ServiceFiles,
    service_id: str | None = None,
    missing_secrets_allowed: bool = False,
) -> Plan:
    """Check the files of a service and find out what uploading them would do, without writing. Raises: Invalid.

    service_id, missing_secrets_allowed: as for `ingest`.
    """
    queries.lock_seller(seller.pk)
    checked = checking.check(seller=seller, files=files, missing_secrets_allowed=missing_secrets_allowed)
    _refuse_foreign_provider(seller, checked)
    target = _target(seller, service_id, checked.name)
    if target is not None and target.kind != files.kind:
        raise Invalid([_OTHER_KIND.format(name=target.name, kind=target.get_kind_display().lower())])
    if target is not None and target.name != checked.name:
        _refuse_taken_name(target, checked.name)
    revision = queries.pending_revision(target) if target is not None else None
    return Plan(seller, checked, target, revision, _outcome(target, revision, checked.content_hash))


def _outcome(target: Service | None, revision: Service | None, content_hash: str) -> Outcome:
    if target is None:
        return "created"
    if target.status not in _LIVE:
        return "unchanged" if target.content_hash == content_hash else "updated"
    if target.content_hash == content_hash:
        # with a revision waiting, the seller goes back to what is on sale
        return "updated" if revision else "unchanged"
    if revision is not None and revision.content_hash == content_hash:
        return "unchanged"
    return "revision_created"


@transaction.atomic
def ingest(
    *,
    seller: Team,
    files: ServiceFiles,
    service_id: str | None = None,
    by: User | None,
    now: datetime,
    missing_secrets_allowed: bool = False,
    parent: Service | None = None,
) -> Ingested:
    """Check the files of a service and store them as a service, or as a revision of one that is on sale.

    service_id: what the seller's client remembers of an earlier upload. missing_secrets_allowed: a draft may name
    secrets that do not exist yet, with a warning; it cannot be submitted before they do. parent: of a member.
    Raises: Invalid with every problem, NameTaken.
    """
    planned = plan(seller=seller, files=files, service_id=service_id, missing_secrets_allowed=missing_secrets_allowed)
    target, revision = planned.target, planned.revision
    match planned.outcome:
        case "created":
            fresh = Service(seller=seller, kind=files.kind, parent=parent, **_free_id(service_id))
            return _store(fresh, planned, by, now)
        case "revision_created" if revision is None:
            assert target is not None
            copied = {name: getattr(target, name) for name in ("visibility", "kind", "parent")}
            fresh = Service(seller=seller, revision_of=target, **copied)
            return _store(fresh, planned, by, now)
        case "revision_created":
            assert revision is not None
            return _replace(revision, planned, by, now)
        case "updated" if target is not None and target.status in _LIVE:
            assert revision is not None
            revisions.discard(revision=revision)
            return _ingested(target, planned)
        case "updated":
            assert target is not None
            return _replace(target, planned, by, now)
    assert target is not None
    return _ingested(revision if revision is not None and target.status in _LIVE else target, planned)


def _replace(row: Service, planned: Plan, by: User | None, now: datetime) -> Ingested:
    """Replace the content of a service or revision that nobody can buy."""
    row = queries.lock_service(row.pk)
    if row.status == ServiceStatus.REJECTED:
        lifecycle.take("withdraw", service=row, by=by, reason="A new version was uploaded.", now=now)
    return _store(row, planned, by, now)


def _store(service: Service, planned: Plan, by: User | None, now: datetime) -> Ingested:
    is_new = service._state.adding
    owner = _provider(planned.seller, planned.content)
    content.write(service=service, provider=owner, content=planned.content, now=now)
    if revisions.may_adopt_at_once(service):
        revisions.adopt_provider(service=service)
    if is_new:
        lifecycle.record(service=service, before="", by=by, reason="", now=now)
    membership.refresh(service=service)
    return _ingested(service, planned)


def _ingested(service: Service, planned: Plan) -> Ingested:
    return Ingested(service, planned.outcome, planned.content.warnings, planned.content.time_created)


def _refuse_foreign_provider(seller: Team, checked: ServiceContent) -> None:
    """Refuse the name of another seller's provider, as provider or as the namespace of the service. Raises: Invalid."""
    names = {checked.provider["name"].upper(): checked.provider["name"]}  # PostgreSQL compares in upper case
    if "/" in checked.name:
        namespace = checked.name.partition("/")[0]
        names.setdefault(namespace.upper(), namespace)
    for name in names.values():
        if Provider.objects.filter(name__iexact=name).exclude(seller=seller).exists():
            raise Invalid(
                [f"listing_data.name: provider '{name}' belongs to another seller. Choose a provider name of your own."]
            )


def _provider(seller: Team, checked: ServiceContent) -> Provider:
    """Return the seller's provider of that name, made when the name is free. Raises: Invalid."""
    name = checked.provider["name"]
    found, _ = Provider.objects.get_or_create(name__iexact=name, defaults={"seller": seller, "name": name})
    # another seller may have been quicker than this transaction
    _refuse_foreign_provider(seller, checked)
    return found


def _target(seller: Team, service_id: str | None, name: str) -> Service | None:
    """Return the live service that an upload is for, locked: by its id, else by its name, else None."""
    own = Service.objects.originals().filter(seller=seller).exclude(status=ServiceStatus.DEPRECATED)
    wanted = _uuid(service_id)
    found = own.filter(pk=wanted).first() if wanted else None
    found = found or own.filter(name=name).first()
    return queries.lock_service(found.pk) if found else None


def _free_id(service_id: str | None) -> dict[str, UUID]:
    """Return the id that a client brings from another installation, when it is free here, as a field."""
    wanted = _uuid(service_id)
    return {"pk": wanted} if wanted and not Service.objects.filter(pk=wanted).exists() else {}


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except (ValueError, AttributeError, TypeError):
        return None


def _refuse_taken_name(target: Service, name: str) -> None:
    if taken := queries.namesake(target, name):
        raise NameTaken(name=name, service_id=str(taken.pk))
