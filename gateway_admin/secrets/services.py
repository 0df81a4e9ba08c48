"""Writes of secrets. A value goes in; none comes out."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts.teams.models import Team
from accounts.users.models import User
from common import ports
from common.errors import DomainError
from domain import sealing
from gateway_admin.secrets import queries
from gateway_admin.secrets.models import Secret, SecretGrant

_NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,99}", re.ASCII)
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", re.ASCII)
_VALUE_LIMIT = 4000


class SecretNameInvalid(DomainError):
    """The name has other characters than names may have."""

    code = "invalid_name"
    sentence = "{name!r} is not a secret's name. Use capital letters, digits and '_', not beginning with a digit."


class SecretNameReserved(DomainError):
    """Names beginning with two underscores are the platform's."""

    code = "reserved_name"
    sentence = "{name!r} belongs to the platform. Choose a name that does not begin with '__'."


class SecretValueInvalid(DomainError):
    """Too long, or with characters that no header can carry."""

    code = "invalid_value"
    sentence = "The value {reason}. Check what you pasted, and store it again."


class HostInvalid(DomainError):
    """Not a host name."""

    code = "invalid_host"
    sentence = "{host!r} is not a host name. Write it like api.example.com, without scheme, port or path."


@transaction.atomic
def put(
    *,
    team: Team,
    name: str,
    value: str,
    by: User | None,
    now: datetime,
    sensitive: bool | None = None,
    description: str | None = None,
) -> tuple[Secret, bool]:
    """Store a new value under `name` and return the row and whether it is new.

    sensitive: None keeps what it was (a new one is a secret). description: None keeps it, "" clears it.
    Raises: SecretNameInvalid, SecretNameReserved, SecretValueInvalid.
    """
    _check_name(name)
    _check_value(value)
    # the team's row is the lock: two writers of one new name would both insert
    Team.objects.select_for_update(of=("self",)).get(pk=team.pk)
    row = Secret.objects.filter(team=team, name=name).first()
    created = row is None
    row = row or Secret(team=team, name=name, version=0)
    row.version += 1
    row.sensitive = row.sensitive if sensitive is None else sensitive
    row.description = row.description if description is None else description
    row.updated_by, row.updated_at = by, now
    _store(row, value)
    row.save()
    _republish(team.pk, name)
    return row, created


@transaction.atomic
def delete(*, team: Team, name: str) -> None:
    """Remove a secret with its consents. Raises: NotFound."""
    queries.secret(team=team, name=name).delete()
    SecretGrant.objects.filter(team=team, name=name).delete()
    _republish(team.pk, name)


@transaction.atomic
def grant(*, team: Team, name: str, host: str, by: User | None) -> SecretGrant:
    """Consent that the team's secret `name` is sent to `host`. Raises: HostInvalid, SecretNameInvalid."""
    _check_name(name)
    host = host.strip().lower().rstrip(".")
    if not _HOST.fullmatch(host):
        raise HostInvalid(host=host)
    consent, _ = SecretGrant.objects.get_or_create(team=team, name=name, host=host, defaults={"granted_by": by})
    _republish(team.pk, name)
    return consent


@transaction.atomic
def withdraw_grant(*, team: Team, name: str, host: str) -> None:
    """Take the consent back: calls that would send the secret there are refused within a second."""
    SecretGrant.objects.filter(team=team, name=name, host=host).delete()
    _republish(team.pk, name)


def _store(row: Secret, value: str) -> None:
    if not row.sensitive:
        row.value, row.key_id, row.sealed_key, row.ciphertext = value, "", "", ""
        return
    bound_to = sealing.binding(owner=str(row.team_id), name=row.name, version=row.version)
    sealed = sealing.seal(value, public_key=settings.SECRETS_PUBLIC_KEY, bound_to=bound_to)
    row.value, row.key_id, row.sealed_key, row.ciphertext = "", sealed.key_id, sealed.sealed_key, sealed.ciphertext


def _republish(team_id: UUID, name: str) -> None:
    ports.publish("secret", f"{team_id}/{name}")


def _check_name(name: str) -> None:
    if name.startswith("__"):
        raise SecretNameReserved(name=name)
    if not _NAME.fullmatch(name):
        raise SecretNameInvalid(name=name)


def _check_value(value: str) -> None:
    if len(value) > _VALUE_LIMIT:
        raise SecretValueInvalid(reason=f"has {len(value)} characters; at most {_VALUE_LIMIT} are kept")
    if "\x00" in value:
        raise SecretValueInvalid(reason="contains a NUL character")
