"""The processes of one machine, in words that the supervisor and the tests share."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from config import healthcheck
from config.embedded.processes import Program

#: The order in which they end: who calls first; then the web, so that its spool is shipped; what settles after it.
ENDING = (("dispatch",), ("web",), ("upstream", "stripe", "beat", "worker"), ("settle",))

#: Seconds for what ends at once on a quiet machine: on a busy one, Celery has been seen to take fifteen.
_PATIENCE = 30.0
_CELERY = [sys.executable, "-m", "celery", "--quiet", "-A", "config.celery"]

#: Which class of ours uvicorn mounts in place of its own: gateway calls never become ASGI.
DOOR = "gateway.door.protocol:DoorProtocol"
#: For the gateway's process: without them the C library gives the memory of larger bodies back after each call.
MALLOC = {
    "MALLOC_TRIM_THRESHOLD_": "268435456",
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TOP_PAD_": "16777216",
}

#: Only the process that holds the gateway may open secrets.
_GATEWAY_ONLY = ("SECRETS_PRIVATE_KEYS", "SECRETS_PRIVATE_KEYS_FILE")


def migrate(environment: Mapping[str, str]) -> Program:
    """Bring the database up to date."""
    return Program("migrate", _python("-m", "config.migrate"), without_private_keys(environment))


def demo(environment: Mapping[str, str], *, upstream_port: int) -> Program:
    """Load the demo catalogue and accounts."""
    command = _python("-m", "config.embedded.demo", "--upstream-port", str(upstream_port))
    return Program("demo", command, without_private_keys(environment))


def upstream(environment: Mapping[str, str], *, port: int) -> Program:
    """The provider behind the demo catalogue."""
    command = _python("-m", "examples.upstream", "--port", str(port))
    return Program(
        "upstream", command, without_private_keys(environment), ready_when=partial(healthcheck.answers, port)
    )


def stripe(environment: Mapping[str, str], *, port: int, state: Path) -> Program:
    """The pretended card processor, where no key of the real one is set. What it keeps stands in the file `state`."""
    notices_to = f"{environment['SITE_URL']}/webhooks/stripe"
    options = ["--port", str(port), "--webhook-url", notices_to, "--state", str(state)]
    command = _python("-m", "tests.fakes.stripe", *options)
    ready = "pretending to be Stripe"
    return Program("stripe", command, without_private_keys(environment), ready_when=ready)


def web(environment: Mapping[str, str], *, host: str, port: int) -> Program:
    """Pages, APIs and the gateway, on one origin."""
    options = ["--host", host, "--port", str(port), "--loop", "uvloop", "--http", DOOR, "--lifespan", "on"]
    options += ["--no-access-log", "--timeout-graceful-shutdown", "5"]
    command = _python("-m", "uvicorn", "config.asgi:application", *options)
    ready = partial(healthcheck.answers, port, host=reachable(host))
    return Program("web", command, {**MALLOC, **environment}, patience=20, ready_when=ready)


def worker(environment: Mapping[str, str]) -> Program:
    """Background jobs of the control plane."""
    options = ["--loglevel", "warning", "--pool", "threads", "--concurrency", "4"]
    options += ["--without-mingle", "--without-gossip"]  # there is one worker
    # on a machine for trying things out, root is nothing to warn of
    quiet = {
        **without_private_keys(environment),
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
    }
    # SIGTERM is a warm shutdown: what is under way ends. A job that takes longer is found again by its sweep
    return Program("worker", [*_CELERY, "worker", *options], quiet, patience=_PATIENCE)


def beat(environment: Mapping[str, str]) -> Program:
    """The clock of the platform's own jobs."""
    options = ["--loglevel", "warning", "--pidfile="]
    return Program("beat", [*_CELERY, "beat", *options], without_private_keys(environment), patience=_PATIENCE)


def settle(environment: Mapping[str, str]) -> Program:
    """The settlement consumer: usage becomes charges."""
    command = _python("manage.py", "settle")
    return Program("settle", command, without_private_keys(environment), patience=_PATIENCE, ready_when="settling")


def dispatch(environment: Mapping[str, str]) -> Program:
    """The dispatcher: scheduled calls are made when they are due."""
    command = _python("manage.py", "dispatch")
    # a call that is under way may end; one that takes longer is taken up by the next dispatcher
    return Program("dispatch", command, without_private_keys(environment), patience=10, ready_when="dispatching")


def reachable(host: str) -> str:
    """Return the address under which this machine reaches a server that listens on `host`."""
    return "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104  compared, not listened on


def without_private_keys(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of every process but the gateway's."""
    return {name: value for name, value in environment.items() if name not in _GATEWAY_ONLY}


def _python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]
