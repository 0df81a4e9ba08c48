"""From a path to a plan: aliases, groups, chains, broadcasts, copies and fallbacks, expanded before anything is sent.

Pure. `expand` is a generator: it yields a `Need` for each record that it wants and is sent the record, or None. So the
same code serves the gateway, which awaits its cache, the explanation of a call, which reads tables, and tests.

    work = expand(parsed, asker)
    need = next(work)
    try:
        while True:
            need = work.send(records[need.kind, need.key])
    except StopIteration as done:
        plan = done.value
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import Any

from domain.routing import chains, picking, selection, wrapping
from domain.routing.asking import Asker, Need, Work
from domain.routing.endings import later, refused, result, servers, stop, unpinned
from domain.routing.frame import Frame
from domain.routing.grammar import BadPath, ParsedPath, parse_inner
from domain.routing.identity import identity
from domain.routing.matching import Table, canonical
from domain.routing.plan import Call, Found, Refusal, check_service, choose, find, nothing_there
from domain.routing.snapshot import (
    AliasRecord,
    BroadcastRecord,
    ChainRecord,
    GroupMember,
    GroupRecord,
    ServiceRecord,
)
from domain.routing.tree import (
    Broadcast,
    Candidate,
    Chain,
    Choice,
    Depends,
    Failover,
    Listing,
    Memo,
    Node,
    Refused,
    Register,
    Step,
    Target,
    Tee,
)
from domain.routing.wrapping import Wrapping

MAX_DEPTH = 8
MAX_ALIASES = 5
MAX_CALLS = 50
#: How many members of a group one call tries under /f/.
MAX_ATTEMPTS = 5
#: How many routing keys of one path are looked at when nobody says which is asked for.
MAX_OPTIONS = 100


def expand(parsed: ParsedPath, asker: Asker) -> Work:
    """Return the plan for a path. A path that cannot be called at all is a `Refused`. Raises PlanRefused, BadPath."""
    return _Expansion(asker).path(parsed, Frame(asker.routing_key, is_open=asker.is_key_open))


class _Expansion:
    """One plan in the making. calls: upstream calls that it may come to."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._calls = 0

    def path(self, parsed: ParsedPath, frame: Frame) -> Work:
        """Expand a path: its target, then its wrappers around it, the innermost first."""
        if frame.depth >= MAX_DEPTH:
            message = f"The path leads through more than {MAX_DEPTH} others. Shorten the way."
            raise stop(422, "routing_too_deep", message)
        asked = wrapping.read(parsed)
        if asked.registration is not None and frame.depth:
            raise stop(422, "registration_inside", "/r/ and /d/ stand at the front of a call, never behind a name.")
        frame = replace(
            frame,
            depth=frame.depth + 1,
            log=asked.log if frame.log == "none" else frame.log,
            retries=frame.retries or asked.fails_over,
        )
        node = yield from self._target(parsed, frame)
        beside = replace(frame, retries=False, channel=None)
        if asked.fails_over:
            node = yield from self._failover(node, asked, beside, parsed)
        if not isinstance(node, Refused):
            if asked.mirror is not None:
                node = Tee(node, (yield from self._inner(asked.mirror, beside, parsed)))
            if asked.memo is not None:
                node = Memo(asked.memo.ttl_seconds, asked.memo.renew, identity(node), node)
        if asked.registration is not None:
            node = Register(asked.registration, later(parsed), node)
        return node

    def _failover(self, node: Node, asked: Wrapping, frame: Frame, parsed: ParsedPath) -> Work:
        if isinstance(node, Refused) and node.refusal.status < 500:
            return node
        if asked.fallback is not None:
            fallback = yield from self._inner(asked.fallback, frame, parsed)
            if isinstance(fallback, Refused) and fallback.refusal.status < 500:
                # better now than on the day when it is needed
                refusal = fallback.refusal
                hint = " Let an alias ask it for another model." if refusal.code == "routing_key_unknown" else ""
                return refused(refusal.status, refusal.code, f"The fallback cannot be called: {refusal.message}{hint}")
            return Failover(node, fallback)
        if isinstance(node, Call) and servers(node) < 2:
            raise BadPath(
                "fallback_missing", "/f/ has nothing to fall back on here. Add _else=<path>, or call a group."
            )
        return Failover(node, None)

    def _inner(self, written: str, frame: Frame, parsed: ParsedPath) -> Work:
        """Expand the path of `_else` or `_to`. It is called as it is written, with the query of the call."""
        return (yield from self.path(parse_inner(written, query=parsed.query), frame))

    def _target(self, parsed: ParsedPath, frame: Frame) -> Work:
        match parsed.target:
            case "a":
                return (yield from self._alias(parsed, frame))
            case "g":
                return (yield from self._group(parsed, frame))
            case "c":
                return (yield from self._chain(parsed, frame))
            case "b":
                return (yield from self._broadcast(parsed, frame))
        return (yield from self._service(parsed, frame))

    # services

    def _service(self, parsed: ParsedPath, frame: Frame) -> Work:
        asker = self._asker
        routes: Table = yield Need("routes", "/".join(parsed.segments))
        if frame.is_open:
            everybodys = routes.keys_at(parsed.segments, asker.customer.by_service)
            keys = sorted({*everybodys, *asker.own.keys_at(parsed.segments)})
            return (yield from self._options(keys, frame, lambda inside: self._service(parsed, inside)))
        found = find(parsed, routing_key=frame.key, routes=routes, customer=asker.customer, own=asker.own)
        if isinstance(found, Refusal):
            return Refused(found)
        found = replace(found, channel=found.channel or frame.channel)
        service: ServiceRecord | None = yield Need("service", found.service_id)
        if service is not None and service.pool is not None:
            return (yield from self._pool(service, service.pool, found, parsed, frame))
        call = self._chosen(found, service, parsed, frame)
        if isinstance(call, Refusal):
            return Refused(call)
        self._count(servers(call) if call.retries else 1)
        return call

    def _options(self, keys: Sequence[str], frame: Frame, plan: Callable[[Frame], Work]) -> Work:
        """Return the plan for the only key that there is, or one for each. keys: canonical."""
        before, most, options = self._calls, 0, []
        for key in keys[:MAX_OPTIONS] or [""]:
            self._calls = before
            node = yield from plan(replace(frame, key=json.loads(key) if key else None, is_open=False))
            options.append((key, node))
            most = max(most, self._calls)
        self._calls = most  # one of them is called
        return options[0][1] if len(options) == 1 else Depends(tuple(options))

    def _pool(self, service: ServiceRecord, pool: GroupRecord, found: Found, parsed: ParsedPath, frame: Frame) -> Work:
        """Choose a member of a platform service. It is called at the price of the platform service."""
        if (refusal := check_service(service, found.enrollment, parsed)) is not None:
            return Refused(refusal)
        if not pool.members:
            message = f"Nobody answers for {service.name} now. Call again later, or choose another service."
            return refused(503, "group_unavailable", message)
        frame = replace(frame, channel=found.channel)
        return (yield from self._choose(pool, pool.members, parsed, frame, rest=found.rest, sold_as=service))

    def _chosen(
        self,
        found: Found,
        service: ServiceRecord | None,
        parsed: ParsedPath,
        frame: Frame,
        sold_as: ServiceRecord | None = None,
    ) -> Call | Refusal:
        if service is None:
            return nothing_there(parsed)
        return choose(
            found,
            service,
            self._asker.customer,
            parsed,
            forwards=frame.forwards,
            log=frame.log,
            retries=frame.retries,
            access=self._asker.access,
            sold_as=sold_as,
        )

    # aliases

    def _alias(self, parsed: ParsedPath, frame: Frame) -> Work:
        name = parsed.segments[0].partition("@")[0]
        record: AliasRecord | None = yield Need("alias", self._own(name))
        if record is None:
            record = yield Need("alias", name)
        if record is None:
            message = f"There is no alias {name!r}. Yours are listed on the page Aliases."
            return refused(404, "alias_not_found", message)
        keys = picking.row_keys(record)
        if frame.is_open and any(keys):
            return (yield from self._options(keys, frame, self._row_for(record, parsed)))
        return (yield from self._row(record, parsed, frame))

    def _row_for(self, record: AliasRecord, parsed: ParsedPath) -> Callable[[Frame], Work]:
        # what the row without a key takes is still any other key
        return lambda frame: self._row(record, parsed, replace(frame, is_open=frame.key is None))

    def _row(self, record: AliasRecord, parsed: ParsedPath, frame: Frame) -> Work:
        name, _, channel = parsed.segments[0].partition("@")
        row = picking.row(record, frame.key)
        if row is None:
            return Refused(picking.no_row(record, frame.key))
        if frame.aliases >= MAX_ALIASES:
            raise stop(422, "routing_too_deep", f"The alias {name!r} is the sixth in a row. Let one lead further.")
        inside = frame.into(
            f"a/{name}",
            aliases=frame.aliases + 1,
            channel=frame.pinning(parsed, channel),
            **frame.asking(row.routing_key_override),
        )
        return (yield from self._written(row.target_path, inside, rest=parsed.segments[1:], query=parsed.query))

    def _written(self, target_path: str, frame: Frame, **call: Any) -> Work:
        """Expand a stored path. One that cannot be read is a refusal of the call, not a mistake in its address."""
        try:
            parsed = parse_inner(target_path, **call)
            return (yield from self.path(parsed, frame))
        except BadPath as error:
            message = f"{frame.trail[-1]} leads to {target_path[:120]!r}, which cannot be called: {error.message}"
            return refused(422, "target_unreadable", message)

    # groups

    def _group(self, parsed: ParsedPath, frame: Frame) -> Work:
        name, _, channel = parsed.segments[0].partition("@")
        frame = replace(frame, channel=frame.pinning(parsed, channel))
        record: GroupRecord | None = yield Need("group", self._own(name))
        if record is None:
            record = yield Need("group", name)
        if record is None:
            return refused(404, "group_not_found", f"There is no group {name!r}. Browse the market for groups.")
        if not record.enabled:
            return refused(403, "group_disabled", f"The group {name!r} is switched off. Switch it on, or call another.")
        record = picking.known_to(record, self._asker.customer.by_service)
        if parsed.segments[1:] in {("models",), ("v1", "models")} and self._asker.method in {"GET", "HEAD"}:
            return (yield from self._listing(record, parsed, frame))
        is_open = frame.is_open and picking.depends_on_key(record)
        members = record.members if is_open else picking.members(record, frame.key)
        if isinstance(members, Refusal):
            return Refused(members)
        rest = parsed.segments[1:]
        return (yield from self._choose(record, members, parsed, replace(frame, is_open=is_open), rest=rest))

    def _choose(
        self,
        record: GroupRecord,
        members: Sequence[GroupMember],
        parsed: ParsedPath,
        frame: Frame,
        *,
        rest: tuple[str, ...],
        sold_as: ServiceRecord | None = None,
    ) -> Work:
        """Go through the members in their order until there are as many as the call may try."""
        asker, policy = self._asker, self._asker.policy or record.policy
        named = asker.header(record.sticky_header) if record.sticky_header and asker.header else None
        caller = named or asker.caller
        ordered = selection.order(
            policy, members, draw=asker.draw, latency_ms=asker.conditions.latencies(), caller=caller
        )
        wanted = MAX_ATTEMPTS if frame.retries else 1
        calls: list[Call] = []
        ailing: list[tuple[int, Call]] = []
        candidates: list[Candidate] = []
        refusals: list[Refusal] = []
        for member in ordered:
            call = yield from self._member(member, parsed, frame, rest, sold_as)
            candidates.append(candidate := picking.candidate(member, call))
            if isinstance(call, Refusal):
                refusals.append(call)
            elif asker.conditions.is_out(member.service_id):
                candidates[-1] = replace(candidate, out="unhealthy: its last calls failed, it is tried again shortly")
                ailing.append((len(candidates) - 1, call))
            elif len(calls) < wanted:
                calls.append(call)
            if len(calls) == wanted and not asker.shows_all:
                break
        if not calls and ailing:
            # better to try one that failed than to refuse everybody
            for index, call in ailing[:wanted]:
                candidates[index] = replace(candidates[index], out="")
                calls.append(call)
        if not calls:
            return Refused(picking.nobody(record, refusals))
        self._count(min(len(calls), MAX_ATTEMPTS))
        asked = f"{canonical(frame.forwards)}@{frame.channel or ''}"
        depends_on = "the model" if frame.is_open else picking.unknown_of(record, policy, asker)
        return Choice(record.id, record.name, policy, tuple(calls), tuple(candidates), asked, depends_on)

    def _member(
        self,
        member: GroupMember,
        parsed: ParsedPath,
        frame: Frame,
        rest: tuple[str, ...],
        sold_as: ServiceRecord | None = None,
    ) -> Generator[Need, Any, Call | Refusal]:
        found = Found(member.service_id, None, rest, frame.channel)
        inside = replace(frame, **frame.asking(member.forwards))
        service: ServiceRecord | None = yield Need("service", member.service_id)
        return self._chosen(found, service, parsed, inside, sold_as)

    def _listing(self, record: GroupRecord, parsed: ParsedPath, frame: Frame) -> Work:
        models: dict[str, str] = {}
        for member in record.members:
            call = yield from self._member(member, parsed, frame, ())
            if isinstance(call, Call):
                key = member.routing_key or member.forwards or {}
                models.setdefault(str(key.get("model") or call.service.name), call.service.provider_name)
        return Listing(record.name, tuple(sorted(models.items())))

    # chains and broadcasts

    def _chain(self, parsed: ParsedPath, frame: Frame) -> Work:
        name = unpinned(parsed, frame)
        record: ChainRecord | None = yield Need("chain", self._own(name))
        if record is None:
            return refused(404, "chain_not_found", f"You have no chain {name!r}. Make one, then call it by its name.")
        if not record.enabled:
            return refused(403, "chain_disabled", f"The chain {name!r} is switched off. Switch it on, then call again.")
        if (mistake := chains.mistake(record)) is not None:
            raise stop(422, "chain_unusable", f"The chain {name!r} cannot run: {mistake}")
        inside = replace(frame.into(f"c/{name}"), retries=False)
        steps = []
        for step in record.steps:
            key = step.body.get("model") if isinstance(step.body, dict) else None
            if isinstance(key, str) and "{{" not in key:
                asking = replace(inside, **inside.asking({"model": key}))
            else:
                asking = inside
            node = yield from self._written(step.target_path, asking, rest=parsed.segments[1:], query=parsed.query)
            steps.append(Step(step, step.timeout_ms or record.default_timeout_ms, node))
        return Chain(record.name, tuple(steps), record.total_timeout_ms)

    def _broadcast(self, parsed: ParsedPath, frame: Frame) -> Work:
        name = unpinned(parsed, frame)
        if name == "tasks":
            return result(parsed)
        record: BroadcastRecord | None = yield Need("broadcast", self._own(name))
        if record is None:
            message = f"You have no broadcast {name!r}. Make one, then call it by its name."
            return refused(404, "broadcast_not_found", message)
        if not record.enabled:
            message = f"The broadcast {name!r} is switched off. Switch it on, then call again."
            return refused(403, "broadcast_disabled", message)
        if not record.targets:
            message = f"The broadcast {name!r} has no targets. Add some, then call again."
            return refused(422, "broadcast_empty", message)
        inside = replace(frame.into(f"b/{name}"), retries=False)
        targets = []
        for target in record.targets:
            asking = replace(inside, **inside.asking(target.routing_key_override))
            node = yield from self._written(target.target_path, asking, rest=parsed.segments[1:], query=parsed.query)
            targets.append(Target(target.name, target.timeout_ms or record.target_timeout_ms, node))
        return Broadcast(record.name, record.mode == "async", record.policy, picking.needed(record), tuple(targets))

    def _own(self, name: str) -> str:
        return f"{self._asker.customer.team_id}/{name}"

    def _count(self, calls: int) -> None:
        self._calls += calls
        if self._calls > MAX_CALLS:
            message = f"The call may come to more than {MAX_CALLS} upstream calls. Send it to fewer targets."
            raise stop(422, "too_many_calls", message)
