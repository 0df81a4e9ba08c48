"""What the steps have found out about a plain call, for the next one with the same key, path and model.

It holds as long as the records that it was made from are the ones in memory: a change drops them, and it with them.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from domain.pricing import CompiledPrice
from domain.routing.matching import beginning, model_of
from domain.routing.plan import Call
from domain.routing.snapshot import ApiKeyRecord
from gateway.compiled import CompiledChannel, CompiledCustomer, CompiledService
from gateway.context import RequestContext
from gateway.deps import Deps
from gateway.lately import Lately
from gateway.plain.repeats import Repeat
from gateway.records import Records
from gateway.request_log import asking
from gateway.steps import authenticate, resolve_route

#: As many as there are keys and services in memory.
_SIZE = 100_000
_LONGEST = 512
#: How many are looked at in one go.
_AT_ONCE = 2000


@dataclass(slots=True)
class PlainPlan:
    """A plain call and the records behind it: no more, as there are many.

    beginning: of its path, and routes_version: of the routes that begin so. is_followed: by its customer's preference.
    generation: of all records, when these were last seen to be the ones in memory.
    """

    key: ApiKeyRecord
    customer: CompiledCustomer
    service: CompiledService
    channel: CompiledChannel
    call: Call
    price: CompiledPrice
    beginning: str
    routes_version: int
    is_followed: bool
    generation: int

    def holds(self, deps: Deps, now_ms: int, presented: str) -> bool:
        """Return whether nothing has changed since it was made. presented: its key."""
        expires_at = self.key.expires_at
        if expires_at is not None and expires_at * 1000 <= now_ms:
            return False
        return self.generation == deps.records.generation or self._holds_anew(deps, presented)

    def _holds_anew(self, deps: Deps, presented: str) -> bool:
        records, shelves = deps.records, deps.records.shelves
        digest = deps.keys.of(presented)
        holds = (
            self.routes_version == records.routes.version_at(self.beginning)
            and digest is not None
            and shelves["api_key"].holds(digest, self.key)
            and shelves["customer"].holds(self.key.team_id, self.customer)
            and shelves["service"].holds(self.call.service.id, self.service)
        )
        if holds:
            self.generation = records.generation
        return holds

    def is_current(self, records: Records) -> bool:
        """Return whether the larger of its records are still in memory."""
        shelves = records.shelves
        return shelves["service"].has(self.call.service.id, self.service) and shelves["customer"].has(
            self.key.team_id, self.customer
        )

    def fill(self, ctx: RequestContext, deps: Deps) -> None:
        """Set in the context what the steps would have set."""
        ctx.key, ctx.customer, ctx.plan, ctx.channel = self.key, self.customer, self.call, self.channel
        ctx.price = self.price
        deps.use_marks.key_used(self.key.id)


class Plans:
    """Plans by key, method, path, query and model."""

    def __init__(self, size: int = _SIZE) -> None:
        self._kept: Lately[str, PlainPlan] = Lately(size)
        self._unseen = 0  # since the last change of a record
        self._generation = 0

    def __len__(self) -> int:
        return len(self._kept)

    def prepare(self, ctx: RequestContext, deps: Deps) -> PlainPlan | None:
        """Do the first steps of a plain call, and return its plan; None for calls that are not plain.

        Raises GatewayError, StoreUnavailable as the steps do. What they have set stays set: nothing is done twice.
        """
        repeat = ctx.repeat
        assert repeat is not None
        repeat.read(ctx)
        if not repeat.may_be_plain:
            return None
        deps.records.check_trust()
        model = model_of(ctx.body_json)
        plan = repeat.plan
        if plan is None or repeat.model != model:
            plan = self._kept.get(_name(repeat, model))
        if plan is not None and plan.holds(deps, ctx.started_ms, repeat.presented):
            plan.fill(ctx, deps)
        else:
            plan = self._look(repeat, model, ctx, deps)
        repeat.plan, repeat.model = plan, model
        if plan is not None and plan.is_followed:  # for its customer's log: it is more than its usage event
            repeat.parse(ctx)
            return None
        return plan

    def sweep(self, records: Records) -> None:
        """Look at some of the plans, once at each after a change of records, and let go of those whose records are not
        in memory any more: nobody may ask for them again, and they keep what was there before the change."""
        if self._generation != records.generation:
            self._generation, self._unseen = records.generation, len(self._kept)
        some = min(self._unseen, _AT_ONCE, len(self._kept))
        self._unseen -= some
        for _ in range(some):
            name, plan = self._kept.popitem(last=False)
            if plan.is_current(records):
                self._kept[name] = plan

    def _look(self, repeat: Repeat, model: str | None, ctx: RequestContext, deps: Deps) -> PlainPlan | None:
        """Take the steps, and remember what comes of it. Return the plan of a plain call."""
        parsed = repeat.parse(ctx)
        if not repeat.may_be_plain:
            return None
        if authenticate.look(ctx, deps, presented=repeat.presented) is not None or ctx.token is not None:
            return None
        if resolve_route.look(ctx, parsed, deps) is not None or ctx.tree is not None:
            return None
        if ctx.channel is None or ctx.channel.shaping is not None or ctx.channel.bounds is not None:
            return None
        name = _name(repeat, model)
        return self._remember(name, beginning(parsed.segments[0]), ctx, deps) if len(name) <= _LONGEST else None

    def _remember(self, name: str, start: str, ctx: RequestContext, deps: Deps) -> PlainPlan | None:
        call = ctx.plan
        assert call is not None
        assert ctx.key is not None
        assert ctx.customer is not None
        assert ctx.channel is not None
        assert ctx.price is not None
        _, service = deps.records.shelves["service"].peek(call.service.id)
        if service is None:
            return None
        plan = PlainPlan(
            ctx.key,
            ctx.customer,
            service,
            ctx.channel,
            call,
            ctx.price,
            sys.intern(start),  # the same for all services of a provider
            deps.records.routes.version_at(start),
            asking.is_followed(ctx.customer.record.request_log, asks=False),
            deps.records.generation,
        )
        self._kept.keep(name, plan)
        return plan


def _name(repeat: Repeat, model: str | None) -> str:
    """Return what a plan is found by."""
    return repeat.name if model is None else f"{repeat.name}\n{model}"
