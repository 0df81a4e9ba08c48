"""One step after another: the answer of each decides which one follows, and the last one's goes to the client."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any
from urllib.parse import parse_qsl

import orjson

from domain.routing import step_templates
from domain.routing.snapshot import ChainStep
from domain.routing.tree import Chain, Step
from gateway.context import Headers, RequestContext
from gateway.errors import GatewayError
from gateway.exchange import Client
from gateway.execution.scene import Scene, go, reserved
from gateway.execution.sinks import Collector, Rejected
from gateway.steps.bodies import written
from gateway.upstream.errors import UpstreamError

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")


async def run(node: Chain, scene: Scene) -> None:
    """Run the steps."""
    async with reserved(node, scene):
        await _Run(node, scene).run()


class _Run:
    """One way through a chain."""

    def __init__(self, node: Chain, scene: Scene) -> None:
        self._node, self._scene = node, scene
        self._places = {step.record.name: place for place, step in enumerate(node.steps)}
        self._until = time.monotonic() + node.total_timeout_ms / 1000
        self._way: list[str] = []
        self._values: dict[str, Any] = {"request": _request(scene.ctx), "steps": {}}

    async def run(self) -> None:
        place: int | None = 0
        while place is not None:
            place = await self._step(place)

    async def _step(self, place: int) -> int | None:
        """Run a step. Returns the place of the next one, or None once the client has been answered."""
        step = self._node.steps[place]
        turn = _Turn(self, step, place)
        error: GatewayError | None = None
        try:
            seconds = min(step.timeout_ms / 1000, self._until - time.monotonic())
            async with asyncio.timeout(max(seconds, 0)) as turn.cap:
                await self._call(step, turn.client())
        except TimeoutError:
            error = _late(step, self._node.name)
        except (GatewayError, UpstreamError, Rejected) as failure:
            if turn.is_answering:
                raise
            error = _as_answer(failure)
        if turn.is_answering:
            return None
        status = error.status if error is not None else turn.collector.status
        following = self.following(place, status)
        if error is not None:
            if turn.has_head:
                self._way.pop()  # it began well and did not end
            self.walked(step, status)
            if following is None:
                raise error
        self._remember(step, status, turn.collector)
        return following

    async def _call(self, step: Step, client: Client) -> None:
        scene = self._scene.beside("chain", client)
        _fill_in(step.record, self._values, scene.ctx)
        await go(step.node, scene)

    def following(self, place: int, status: int) -> int | None:
        """Return the place of the step after this one, or None when this one answers."""
        record = self._node.steps[place].record
        verdict = record.on_success if status < 400 else record.on_failure
        if verdict == "continue":
            return place + 1 if place + 1 < len(self._node.steps) else None
        return self._places.get(verdict)

    def walked(self, step: Step, status: int) -> None:
        """Add a step to the way that the answer tells of."""
        self._way.append(f"{step.record.name} {status}")
        notes = self._scene.part.notes
        notes[:] = [pair for pair in notes if pair[0] != b"x-usvc-way"]
        notes.append((b"x-usvc-way", ", ".join(self._way).encode("ascii", "replace")))

    def out(self) -> Client:
        """Return the client of the chain."""
        return self._scene.client

    def notes(self) -> Headers:
        """Return the headers that tell of the chain, the way among them."""
        return self._scene.part.headers()

    def _remember(self, step: Step, status: int, collector: Collector) -> None:
        answer = {"status": status, "body": _meaning(collector)}
        self._values["steps"][step.record.name] = answer
        self._values["previous"] = answer


class _Turn:
    """The answer of one step: passed on when it is the chain's, kept when another step follows."""

    def __init__(self, run: _Run, step: Step, place: int) -> None:
        self._run, self._step, self._place = run, step, place
        self.collector = Collector()
        self.is_answering = self.has_head = False
        self.cap: asyncio.Timeout | None = None

    def client(self) -> Client:
        """Return the client to hand to the step's call."""
        outer = self._run.out()
        made = Client(self._head, self._body, is_gone=outer.is_gone, is_trial=outer.is_trial)
        outer.on_leaving = made.leave
        return made

    async def _head(self, status: int, headers: Headers) -> None:
        self.has_head = True
        self._run.walked(self._step, status)
        if self._run.following(self._place, status) is not None:
            await self.collector.take_head(status, headers)
            return
        self.is_answering = True
        if self.cap is not None:
            self.cap.reschedule(None)  # the cap is on the decision; an answer may take as long as any other
        await self._run.out().send_head(status, [*headers, *self._run.notes()])

    async def _body(self, body: bytes, last: bool) -> None:
        if self.is_answering:
            await self._run.out().send_body(body, last)
        else:
            await self.collector.take_body(body, last)


def _fill_in(record: ChainStep, values: dict[str, Any], ctx: RequestContext) -> None:
    """Write the step's own method, headers and body into its request. Raises GatewayError 422."""
    try:
        if record.method:
            ctx.method = record.method.upper()
        if record.body is not None:
            ctx.body_json = step_templates.render(record.body, values)
            ctx.body = written(ctx.body_json)
            ctx.headers = [pair for pair in ctx.headers if pair[0] != b"content-type"]
            ctx.headers.append((b"content-type", b"application/json"))
        for name, template in (record.headers or {}).items():
            ctx.headers = [pair for pair in ctx.headers if pair[0].decode("latin-1") != name.lower()]
            ctx.headers.append(_header(name, str(step_templates.render(template, values))))
    except step_templates.MissingValue as error:
        message = f"The step {record.name!r} reads {error.name}, which is not there."
        raise GatewayError(422, "step_value_missing", message) from error


def _header(name: str, value: str) -> tuple[bytes, bytes]:
    if not _HEADER_NAME.fullmatch(name) or _CONTROL.search(value) or len(value) > 4096:
        raise GatewayError(422, "step_header_invalid", f"The header {name[:64]!r} of a step cannot be sent.")
    return name.lower().encode(), value.strip().encode("latin-1", "replace")


def _request(ctx: RequestContext) -> dict[str, Any]:
    """Return what steps may read of the call. Never its headers: the key stands there."""
    query = dict(parse_qsl(ctx.parsed.query if ctx.parsed else "", keep_blank_values=True))
    return {"method": ctx.method, "query": query, "body": ctx.body_json}


def _meaning(collector: Collector) -> Any:
    """Return a body as JSON where it is, else as text, else as nothing."""
    if collector.is_cut:
        return None
    if b"json" in collector.header(b"content-type"):
        try:
            return orjson.loads(collector.body)
        except orjson.JSONDecodeError:
            return None
    try:
        return collector.body.decode()
    except UnicodeDecodeError:
        return None


def _late(step: Step, chain: str) -> GatewayError:
    message = f"The step {step.record.name!r} of the chain {chain!r} did not answer in time ({step.timeout_ms} ms)."
    return GatewayError(504, "step_timeout", f"{message} Give it more time, or let another step follow its failure.")


def _as_answer(failure: Exception) -> GatewayError:
    if isinstance(failure, GatewayError):
        return failure
    return GatewayError(502, "upstream_failed", "The step's upstream did not answer to the end. Call again later.")
