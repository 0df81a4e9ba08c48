"""Reads of secrets: names, times and consents. No query returns a secret's value."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from accounts.teams.models import Team
from common.errors import NotFound
from gateway_admin.secrets.models import Secret, SecretGrant


def secrets(*, team: Team) -> QuerySet[Secret]:
    """Return the secrets and variables of a team by name."""
    return Secret.objects.filter(team=team)


def secret(*, team: Team, name: str) -> Secret:
    """Return one by its name. Raises: NotFound."""
    found = secrets(team=team).filter(name=name).first()
    if found is None:
        raise NotFound(what="secret")
    return found


def names(team_id: UUID) -> frozenset[str]:
    """Return the names that references of the team's files may use."""
    return frozenset(Secret.objects.filter(team_id=team_id).values_list("name", flat=True))


def grants(*, team: Team) -> QuerySet[SecretGrant]:
    """Return where the team's secrets may go."""
    return SecretGrant.objects.filter(team=team)
