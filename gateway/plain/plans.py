"""What the steps have found out about a plain call, for the next one with the same key, path and model.

It holds as long as the records that it was made from are the ones in memory: a change drops them, and it with them.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.pricing import CompiledPrice
from domain.routing.matching import model_of
from domain.routing.plan import Call
from domain.routing.snapshot import ApiKeyRecord
from gateway import settling, telling
from gateway.compiled import CompiledChannel, CompiledCustomer, CompiledService
from gateway.context import RequestContext
from gateway.deps import Deps
from gateway.lately import Lately
from gateway.request_log import asking
from gateway.steps import authenticate, resolve_route

_SIZE = 20_000
_LONGEST = 512
Key = tuple[str, str, str, str, str | None]


@dataclass(slots=True)
class PlainPlan:
    """A plain call and the records behind it.

    known: what its usage events say alike. served: the lines of its answers that tell who served it. is_followed: by
    its customer's preference. generation: of all records, when these were last seen to be the ones in memory.
    """

    digest: str
    key: ApiKeyRecord
    customer: CompiledCustomer
    service: CompiledService
    channel: CompiledChannel
    call: Call
    price: CompiledPrice
    routes_version: int
    known: bytes
    served: str
    model: str | None
    is_followed: bool
    generation: int

    def holds(self, deps: Deps, now_ms: int) -> bool:
        """Return whether nothing has changed since it was made."""
        expires_at = self.key.expires_at
        if expires_at is not None and expires_at * 1000 <= now_ms:
            return False
        return self.generation == deps.records.generation or self._holds_anew(deps)

    def _holds_anew(self, deps: Deps) -> bool:
        records, shelves = deps.records, deps.records.shelves
        holds = (
            self.routes_version == records.routes.version
            and shelves["api_key"].holds(self.digest, self.key)
            and shelves["customer"].holds(self.key.team_id, self.customer)
            and shelves["service"].holds(self.call.service.id, self.service)
        )
        if holds:
            self.generation = records.generation
        return holds

    def fill(self, ctx: RequestContext, deps: Deps) -> None:
        """Set in the context what the steps would have set."""
        ctx.key, ctx.customer, ctx.plan, ctx.channel = self.key, self.customer, self.call, self.channel
        ctx.price, ctx.known = self.price, self.known
        deps.use_marks.key_used(self.key.id)


class Plans:
    """Plans by key, method, path, query and model."""

    def __init__(self, size: int = _SIZE) -> None:
        self._kept: Lately[Key, PlainPlan] = Lately(size)

    def __len__(self) -> int:
        return len(self._kept)

    def prepare(self, ctx: RequestContext, deps: Deps) -> PlainPlan | None:
        """Do the first steps of a plain call, and return its plan; None for calls that are not plain.

        Raises GatewayError, StoreUnavailable as the steps do. What they have set stays set: nothing is done twice.
        """
        repeat = ctx.repeat
        assert repeat is not None
        reading = repeat.read(ctx)
        if not reading.may_be_plain:
            return None
        deps.records.check_trust()
        model = model_of(ctx.body_json)
        plan = repeat.plan
        if plan is None or plan.model != model:
            plan = self._kept.get((reading.key, ctx.method, ctx.path, ctx.query, model))
        if plan is not None and plan.holds(deps, ctx.started_ms):
            plan.fill(ctx, deps)
        else:
            plan = self._look((reading.key, ctx.method, ctx.path, ctx.query, model), ctx, deps)
        repeat.plan = plan
        # a call that is followed for its customer's log is more than its usage event
        return None if plan is None or plan.is_followed else plan

    def _look(self, key: Key, ctx: RequestContext, deps: Deps) -> PlainPlan | None:
        """Take the steps, and remember what comes of it. Return the plan of a plain call."""
        assert ctx.parsed is not None
        if authenticate.look(ctx, deps, presented=key[0]) is not None or ctx.token is not None:
            return None
        if resolve_route.look(ctx, ctx.parsed, deps) is not None or ctx.tree is not None:
            return None
        if ctx.channel is None or ctx.channel.shaping is not None or ctx.channel.bounds is not None:
            return None
        return self._remember(key, ctx, deps) if len(ctx.path) + len(ctx.query) <= _LONGEST else None

    def _remember(self, key: Key, ctx: RequestContext, deps: Deps) -> PlainPlan | None:
        call, shelves = ctx.plan, deps.records.shelves
        assert call is not None
        assert ctx.key is not None
        assert ctx.customer is not None
        assert ctx.channel is not None
        assert ctx.price is not None
        digest, (_, service) = deps.keys.of(key[0]), shelves["service"].peek(call.service.id)
        served = telling.served_lines(call)
        if digest is None or service is None or served is None:
            return None
        ctx.known = settling.known(ctx, deps)
        plan = PlainPlan(
            digest,
            ctx.key,
            ctx.customer,
            service,
            ctx.channel,
            call,
            ctx.price,
            deps.records.routes.version,
            ctx.known,
            served,
            key[-1],
            asking.is_followed(ctx.customer.record.request_log, asks=False),
            deps.records.generation,
        )
        self._kept.keep(key, plan)
        return plan
