"""Reads of chains, from the team."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from accounts.teams.models import Team
from domain.routing import snapshot
from gateway_admin import named
from gateway_admin.chains.models import Chain, ChainStep


def chains(*, team: Team) -> QuerySet[Chain]:
    """Return a team's chains by name, each with its steps."""
    return Chain.objects.filter(team=team).select_related("team").prefetch_related("steps").order_by("name")


def chain(*, team: Team, chain_id: UUID) -> Chain:
    """Return one chain. Raises: NotFound."""
    return named.one_of(chains(team=team), chain_id, what="chain")


def step(*, chain: Chain, step_id: UUID) -> ChainStep:
    """Return one step of a chain. Raises: NotFound."""
    return named.one_of(chain.steps.all(), step_id, what="step")


def lock_chain(chain: Chain) -> Chain:
    """Return the chain as it is now, locked."""
    return Chain.objects.select_for_update(of=("self",)).select_related("team").get(pk=chain.pk)


def record(chain: Chain) -> snapshot.ChainRecord:
    """Return a chain as the gateway knows it."""
    return snapshot.ChainRecord(
        id=str(chain.pk),
        name=chain.name,
        steps=tuple(
            snapshot.ChainStep(
                name=step.name,
                target_path=step.target_path,
                on_success=step.on_success,
                on_failure=step.on_failure,
                timeout_ms=step.timeout_ms,
                method=step.method or None,
                headers=step.headers,
                body=step.body,
            )
            for step in chain.steps.all()
        ),
        default_timeout_ms=chain.default_timeout_ms,
        enabled=chain.enabled,
    )
