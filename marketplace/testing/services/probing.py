"""One request through the gateway, and when it fails the same straight to each channel."""

from __future__ import annotations

import json
from typing import Any

from marketplace.testing.attribution import Verdict, attribute
from marketplace.testing.calling import Answer
from marketplace.testing.live.probes import asked
from marketplace.testing.models import Fault, Outcome, ResultStatus
from marketplace.testing.probes import Probe, ProbeUnusable
from marketplace.testing.services import tokens
from marketplace.testing.services.cells import Cell
from marketplace.testing.services.scene import Found, Scene

_MOST_CHANNELS = 5
_STORED = 10 * 1024
_NOT_SERVED = "The interface is reached by {method}, which the platform does not test by itself."


def run(cell: Cell, scene: Scene) -> Found:
    """Ask the interface as a customer would."""
    if not cell.tested.is_reachable:
        error = _NOT_SERVED.format(method=cell.tested.interface.get_access_method_display())
        return Found(ResultStatus.SKIPPED, Outcome.NOT_REACHABLE, error=error)
    address = scene.address(cell, scene.root)
    try:
        request = asked(scene.run.service, cell.tested, cell.document, address=address)
    except ProbeUnusable as error:
        return Found(ResultStatus.TASK_FAILED, Outcome.GATEWAY_ONLY_FAIL, Fault.SELLER_FILE, f"Your files: {error}")
    answer = request.send(address, tokens.through(scene.run, scene.team, now=scene.clock()))
    verdict = request.judge(answer)
    told: dict[str, Any] = {"stdout": _shown(request, address, answer), "env": {"SERVICE_BASE_URL": address},
            "rendered_script": _as_text(request, address), "duration_ms": answer.duration_ms}  # fmt: skip
    if verdict.is_pass:
        return Found(ResultStatus.SUCCESS, Outcome.GATEWAY_PASS, **told)
    upstream = _straight(request, cell, scene)
    found = attribute(verdict, {name: each for name, (each, _) in upstream.items()})
    return Found(
        _status(verdict),
        found.outcome,
        found.fault,
        found.sentence,
        upstream_channels={name: _recorded(each, text) for name, (each, text) in upstream.items()},
        **told,
    )


def _status(verdict: Verdict) -> ResultStatus:
    if not verdict.status:
        return ResultStatus.TASK_FAILED
    return ResultStatus.UNEXPECTED_OUTPUT if 200 <= verdict.status < 300 else ResultStatus.SCRIPT_FAILED


def _straight(request: Probe, cell: Cell, scene: Scene) -> dict[str, tuple[Verdict, str]]:
    found = {}
    for channel in scene.channels(cell)[:_MOST_CHANNELS]:
        address = scene.direct_address(channel, scene.root)
        answer = request.send(address, tokens.straight(scene.run, scene.team, now=scene.clock()))
        found[channel] = (request.judge(answer), _shown(request, f"channel {channel}", answer))
    return found


def _recorded(verdict: Verdict, shown: str) -> dict[str, Any]:
    status = ResultStatus.SUCCESS if verdict.is_pass else _status(verdict)
    return {"status": status.value, "exit_code": None, "error": verdict.problem or None, "stdout": shown}


def _shown(request: Probe, where: str, answer: Answer) -> str:
    first = f"{request.method} {where}{request.path}\n{answer.status or 'no answer'} after {answer.duration_ms} ms\n\n"
    return (first + request.shown(answer))[:_STORED]


def _as_text(request: Probe, address: str) -> str:
    """Return the request for reading."""
    lines = [f"{request.method} {address}{request.path}", "authorization: Bearer ***"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    body = [] if request.body is None else ["", json.dumps(request.body, indent=2, ensure_ascii=False)]
    return "\n".join([*lines, *body])[:_STORED]
