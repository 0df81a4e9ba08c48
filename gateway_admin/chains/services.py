"""Writes of chains. A chain with steps that could not run is refused when it is saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.teams.models import Team
from accounts.users.models import User
from common import ports
from common.errors import DomainError
from domain.routing import chains as rules
from gateway_admin import named
from gateway_admin.chains import queries
from gateway_admin.chains.models import Chain, ChainStep

MOST_CHAINS = 100
_STEP_FIELDS = (
    "name",
    "target_path",
    "on_success",
    "on_failure",
    "sort_order",
    "timeout_ms",
    "method",
    "headers",
    "body",
)


class ChainUnusable(DomainError):
    """The steps do not make a chain."""

    code = "chain_unusable"
    sentence = "The chain {name!r} cannot run: {reason}"


@dataclass(frozen=True, slots=True)
class StepContent:
    """What is said of a step. timeout_ms: None is the chain's; method, headers, body: None and "" keep the call's."""

    name: str
    target_path: str
    sort_order: int = 0
    on_success: str = "stop"
    on_failure: str = "relay"
    timeout_ms: int | None = None
    method: str = ""
    headers: dict[str, str] | None = None
    body: Any = None


@transaction.atomic
def create(
    *,
    team: Team,
    name: str,
    by: User | None,
    now: datetime,
    description: str = "",
    default_timeout_ms: int = 10_000,
    enabled: bool = True,
    steps: Sequence[StepContent] = (),
) -> Chain:
    """Make a chain, with steps or without. Raises: NameInvalid, NameReserved, NameTaken, TooMany, and as set_steps."""
    named.check_room(queries.chains(team=team), team=team, name=name, what="chain", most=MOST_CHAINS)
    chain = Chain.objects.create(
        team=team,
        name=name,
        description=description,
        default_timeout_ms=default_timeout_ms,
        enabled=enabled,
        created_by=by,
        updated_at=now,
    )
    return set_steps(chain=chain, steps=steps, now=now)


@transaction.atomic
def update(*, chain: Chain, changes: dict[str, Any], now: datetime) -> Chain:
    """Change what is given of description, default_timeout_ms, enabled."""
    chain = queries.lock_chain(chain)
    for field in ("description", "default_timeout_ms", "enabled"):
        if changes.get(field) is not None:
            setattr(chain, field, changes[field])
    return _saved(chain, now)


@transaction.atomic
def rewrite(*, chain: Chain, changes: dict[str, Any], steps: Sequence[StepContent], now: datetime) -> Chain:
    """Change what is given, as `update`, and make `steps` the whole of the chain: both or neither.

    Raises: TargetInvalid, ChainUnusable.
    """
    return set_steps(chain=update(chain=chain, changes=changes, now=now), steps=steps, now=now)


@transaction.atomic
def delete(*, chain: Chain) -> None:
    """Remove a chain: calls to it are answered with 404 from then on."""
    team_id, name = chain.team_id, chain.name
    queries.lock_chain(chain).delete()
    ports.publish("chain", f"{team_id}/{name}")


@transaction.atomic
def set_steps(*, chain: Chain, steps: Sequence[StepContent], now: datetime) -> Chain:
    """Make `steps` the whole of a chain. Raises: TargetInvalid, ChainUnusable."""
    chain = queries.lock_chain(chain)
    names = [each.name for each in steps]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ChainUnusable(name=chain.name, reason=f"two of its steps are named {twice!r}. Choose another name.")
    chain.steps.all().delete()
    ChainStep.objects.bulk_create(_filled(ChainStep(chain=chain), each) for each in steps)
    return _saved(chain, now)


@transaction.atomic
def add_step(*, chain: Chain, step: StepContent, now: datetime) -> ChainStep:
    """Add one step. Raises: TargetInvalid, ChainUnusable."""
    chain = queries.lock_chain(chain)
    made = _filled(ChainStep(chain=chain), step)
    if chain.steps.filter(name=made.name).exists():
        raise ChainUnusable(name=chain.name, reason=f"it has a step {made.name!r} already. Choose another name.")
    made.save(force_insert=True)
    _saved(chain, now)
    return made


@transaction.atomic
def update_step(*, chain: Chain, step: ChainStep, changes: dict[str, Any], now: datetime) -> ChainStep:
    """Change what is given of a step. Raises: TargetInvalid, ChainUnusable."""
    chain = queries.lock_chain(chain)
    for field in _STEP_FIELDS:
        if field in changes and (changes[field] is not None or field in {"timeout_ms", "headers", "body"}):
            setattr(step, field, changes[field])
    step.target_path = named.checked_path(step.target_path)
    if chain.steps.filter(name=step.name).exclude(pk=step.pk).exists():
        raise ChainUnusable(name=chain.name, reason=f"it has a step {step.name!r} already. Choose another name.")
    step.save()
    _saved(chain, now)
    return step


@transaction.atomic
def remove_step(*, chain: Chain, step: ChainStep, now: datetime) -> None:
    """Take a step out. Raises: ChainUnusable when others lead to it."""
    chain = queries.lock_chain(chain)
    step.delete()
    _saved(chain, now)


def _filled(step: ChainStep, content: StepContent) -> ChainStep:
    for field in _STEP_FIELDS:
        setattr(step, field, getattr(content, field))
    step.target_path = named.checked_path(content.target_path)
    return step


def _saved(chain: Chain, now: datetime) -> Chain:
    """Write the chain, refuse steps that cannot run, and let the gateways know."""
    chain.updated_at = now
    chain.save()
    found = queries.chain(team=chain.team, chain_id=chain.pk)
    if found.steps.all() and (reason := rules.mistake(queries.record(found))):
        raise ChainUnusable(name=chain.name, reason=reason)
    ports.publish("chain", f"{chain.team_id}/{chain.name}")
    return found
