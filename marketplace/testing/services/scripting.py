"""A seller's script at one interface: run here, where a runner is switched on, else what its seller reported."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from marketplace.catalog.customer import rendering
from marketplace.catalog.models import Document, MimeType
from marketplace.testing import queries
from marketplace.testing.attribution import Verdict, attribute
from marketplace.testing.models import Fault, Outcome, ResultStatus, Source, TestResult
from marketplace.testing.runner import Finished, NoRunner, RunnerMissing, Script
from marketplace.testing.services import tokens
from marketplace.testing.services.cells import Cell
from marketplace.testing.services.scene import Found, Scene

_LANGUAGES = {MimeType.PYTHON: "python", MimeType.JAVASCRIPT: "javascript", MimeType.BASH: "bash"}
_SHEBANGS = (("python", "python"), ("node", "javascript"), ("bash", "bash"), ("/sh", "bash"))
_SECONDS, _MOST_SECONDS = 30.0, 120.0
_STORED = 10 * 1024
_MOST_CHANNELS = 3
_NAME = re.compile(r"[^A-Z0-9_]")
_MASK = "***"
#: As what a script that fails counts: by itself it is its seller's; the platform's requests tell of the upstream.
_SCRIPT = 422


@dataclass(frozen=True, slots=True)
class _Ready:
    """A script that can be run. error: why it cannot."""

    text: str = ""
    language: str = ""
    error: str = ""


def run(cell: Cell, scene: Scene) -> Found:
    """Run the script through the gateway; when it fails, run it straight to each channel."""
    assert cell.document is not None
    if queries.is_skipped(cell.document):
        return Found(ResultStatus.SKIPPED, Outcome.SKIPPED, error="Its seller has it skipped.")
    if not scene.run.force and _passed_before(cell, scene):
        return Found(ResultStatus.SKIPPED, Outcome.ALREADY_PASSED)
    if not scene.runner.is_switched_on:
        return _reported(cell, scene)
    ready = _prepared(cell, scene, scene.address(cell, scene.runner.gateway), is_local=False)
    if ready.error:
        return _unusable(ready.error)
    token = tokens.for_script(scene.run, scene.team, now=scene.clock())
    try:
        return _run(cell, scene, ready, token)
    except RunnerMissing as error:
        return Found(ResultStatus.TASK_FAILED, Outcome.GATEWAY_ONLY_FAIL, Fault.PLATFORM, f"Platform: {error}")


def _run(cell: Cell, scene: Scene, ready: _Ready, token: str) -> Found:
    environment = _environment(cell, scene.address(cell, scene.runner.gateway), token)
    done = scene.runner.run(_script(cell, ready, environment))
    told: dict[str, Any] = {
        "exit_code": done.exit_code,
        "stdout": _masked(done.stdout, token),
        "stderr": _masked(done.stderr, token),
        "env": {**environment, "UNITYSVC_API_KEY": _MASK},
        "rendered_script": ready.text,
        "duration_ms": done.duration_ms,
    }
    verdict = _verdict(done)
    if verdict.is_pass:
        return Found(ResultStatus.SUCCESS, Outcome.GATEWAY_PASS, **told)
    upstream = _straight(cell, scene)
    found = attribute(verdict, {name: _verdict(each) for name, each in upstream.items()})
    recorded = {name: _recorded(each) for name, each in upstream.items()}
    return Found(_status(done), found.outcome, found.fault, found.sentence, upstream_channels=recorded, **told)


def _straight(cell: Cell, scene: Scene) -> dict[str, Finished]:
    """Run the script with the address of each channel: the gateway puts the credential in, and asks no money."""
    found = {}
    for channel in scene.channels(cell)[:_MOST_CHANNELS]:
        address = scene.direct_address(channel, scene.runner.gateway)
        ready = _prepared(cell, scene, address, is_local=True)
        if ready.error:
            continue
        token = tokens.straight(scene.run, scene.team, now=scene.clock())
        done = scene.runner.run(_script(cell, ready, _environment(cell, address, token)))
        found[channel] = Finished(
            done.exit_code, _masked(done.stdout, token), _masked(done.stderr, token), done.error, done.duration_ms
        )
    return found


def _prepared(cell: Cell, scene: Scene, address: str, *, is_local: bool) -> _Ready:
    assert cell.document is not None
    context = rendering.context(scene.run.service, cell.tested.interface, address=address, customer_display=False)
    values = {**context, "routing_key": cell.tested.routing_key or {}, "local_testing": is_local}
    rendered = rendering.rendered(cell.document, values)
    if rendered is None:
        return _Ready(error="the script has no text; upload its file")
    if rendered.text is None:
        return _Ready(error=str(rendered.error))
    language = _language(cell.document, rendered.text)
    if language is None:
        return _Ready(error="the script is neither Python, JavaScript nor bash; set its mime_type")
    return _Ready(rendered.text, language)


def _language(document: Document, text: str) -> str | None:
    if (known := _LANGUAGES.get(MimeType(document.mime_type))) is not None:
        return known
    first = text.partition("\n")[0]
    if not first.startswith("#!"):
        return None
    return next((language for word, language in _SHEBANGS if word in first), None)


def _script(cell: Cell, ready: _Ready, environment: dict[str, str]) -> Script:
    assert cell.document is not None
    told = cell.document.meta.get("timeout")
    seconds = float(told) if isinstance(told, int | float) and not isinstance(told, bool) and told > 0 else _SECONDS
    return Script(ready.text, ready.language, environment, min(seconds, _MOST_SECONDS))


def _environment(cell: Cell, address: str, token: str) -> dict[str, str]:
    """Return all that a script sees: where to call, with what, and the routing key."""
    named = {
        _NAME.sub("_", name.upper()): str(value)
        for name, value in (cell.tested.routing_key or {}).items()
        if isinstance(value, str | int | float) and "\x00" not in str(value)
    }
    return {**named, "SERVICE_BASE_URL": address, "UNITYSVC_API_KEY": token}


def _verdict(done: Finished) -> Verdict:
    if done.error:
        return Verdict(_SCRIPT, done.error)
    if done.exit_code == 0:
        return Verdict(200, "")
    last = (done.stderr.strip() or done.stdout.strip()).rpartition("\n")[2][:300]
    return Verdict(_SCRIPT, f"the script ended with code {done.exit_code}" + (f" ({last})" if last else ""))


def _status(done: Finished) -> ResultStatus:
    return ResultStatus.TASK_FAILED if done.error else ResultStatus.SCRIPT_FAILED


def _recorded(done: Finished) -> dict[str, Any]:
    verdict = _verdict(done)
    return {
        "status": (ResultStatus.SUCCESS if verdict.is_pass else _status(done)).value,
        "exit_code": done.exit_code,
        "error": verdict.problem or None,
        "stdout": done.stdout[:_STORED],
        "stderr": done.stderr[:_STORED],
    }


def _passed_before(cell: Cell, scene: Scene) -> bool:
    passed = _same_content(cell, scene).filter(status=ResultStatus.SUCCESS)
    return passed.exclude(source=Source.REPORTED).exists()


def _reported(cell: Cell, scene: Scene) -> Found:
    """Return what the seller has reported of this content, where nobody here runs scripts."""
    last = _same_content(cell, scene).filter(source=Source.REPORTED).order_by("-executed_at", "-id").first()
    if last is None:
        return Found(ResultStatus.SKIPPED, Outcome.NO_RUNNER, error=NoRunner.SENTENCE)
    if last.status == ResultStatus.SUCCESS:
        return Found(ResultStatus.SKIPPED, Outcome.ALREADY_PASSED, error="Its seller reported that it passes.")
    error = f"You reported that it fails: {last.error or last.get_status_display().lower()}"
    return Found(
        ResultStatus(last.status), Outcome.GATEWAY_ONLY_FAIL, Fault.SELLER_FILE, error, last.exit_code, last.stdout,
        last.stderr,
    )  # fmt: skip


def _same_content(cell: Cell, scene: Scene) -> QuerySet[TestResult]:
    mine = TestResult.objects.filter(document=cell.document, run__content_hash=scene.run.content_hash)
    return mine.filter(interface=cell.tested.interface) | mine.filter(interface=None)


def _unusable(error: str) -> Found:
    return Found(ResultStatus.TASK_FAILED, Outcome.GATEWAY_ONLY_FAIL, Fault.SELLER_FILE, f"Your files: {error}")


def _masked(text: str, token: str) -> str:
    return text.replace(token, _MASK)
