"""The whole marketplace in processes of its own, as `make run` starts it, on a database of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import psycopg

from config.embedded import engines, env_files, for_tests, keys, programs, template
from config.embedded.engines import free_port
from config.embedded.processes import Program
from gateway.request_log.book import FOLDER as LOG_FOLDER
from gateway.spool.records import Kind, Record, scan
from gateway.spool.segments import HEADER_BYTES, SUFFIX

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass
class Marketplace:
    """Its processes by name: upstream, stripe, web, worker, settle, dispatch. demo: what `demo.env` says."""

    folder: Path
    environment: dict[str, str]
    port: int
    upstream_port: int
    demo: dict[str, str] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def stripe_port(self) -> int:
        """Where the pretended card processor listens, when `build` was told of one."""
        return int(self.environment["STRIPE_API_BASE"].rpartition(":")[2])

    @property
    def key(self) -> str:
        """The demo customer's API key."""
        return self.demo["UNITYSVC_API_KEY"]

    def start(self, *names: str) -> None:
        """Start processes and wait until they are at work."""
        for name in names:
            program = self._program(name)
            log = (self.folder / f"{name}.log").open("ab")
            self.processes[name] = subprocess.Popen(
                program.command, env=dict(program.environment), cwd=ROOT, stdout=log, stderr=subprocess.STDOUT
            )
        for name in names:
            self._wait_ready(name, self._program(name).ready_when)

    def kill(self, name: str) -> None:
        """Kill a process so that it can do nothing more."""
        process = self.processes.pop(name)
        process.kill()
        process.wait(10)

    def stop(self) -> None:
        """End everything in order."""
        for group in programs.ENDING:
            ending = [self.processes.pop(name) for name in group if name in self.processes]
            for process in ending:
                process.terminate()
            for process in ending:
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait(5)

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a management command."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def rows(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """Return what the database says."""
        with psycopg.connect(self.environment["DATABASE_URL"]) as connection:
            return connection.execute(query.encode(), arguments).fetchall()

    def available(self) -> Decimal:
        """Return what the demo customer's wallet has, once every call is settled."""
        self.wait_settled()
        return Decimal(
            self.rows(
                "SELECT settled - usage FROM wallets_wallet w JOIN teams_team t ON t.id = w.team_id"
                " WHERE t.name = 'demo-customer'"
            )[0][0]
        )

    def wait_settled(self, seconds: float = 120, *, is_logged: bool = True) -> None:
        """Wait until every answered call is in the books and in the log: none is in a spool or in the inbox.

        is_logged: False after a kill. It may take with it what waited for the log, and never what waits for the books.
        """
        deadline = time.monotonic() + seconds
        while waiting := self._on_their_way(is_logged=is_logged):
            assert time.monotonic() < deadline, f"{len(waiting)} events are still not settled: {self._whereabouts()}"
            time.sleep(0.1)

    def _whereabouts(self) -> str:
        """Return what the books and the last lines of the logs say, for whoever must find out why."""
        counts = {
            table: self.rows(f"SELECT count(*) FROM {table}")[0][0]
            for table in ("rating_usageinbox", "rating_usagequarantine", "rating_charge", "request_logs_requestlog")
        }
        tails = {name: (self.folder / f"{name}.log").read_text()[-1500:] for name in self.processes}
        return "\n".join([str(counts), *(f"--- {name}\n{tail}" for name, tail in tails.items())])

    def _on_their_way(self, *, is_logged: bool) -> set[str]:
        """Return the ids of events that are not settled. What left the spools meanwhile is in the inbox by then."""
        spooled = {
            record.event_id
            for path in (self.folder / "spool").rglob(f"*{SUFFIX}")
            if path.parent.name != LOG_FOLDER  # of refused calls too, which nobody is charged for
            for record in _records(path)
            if record.kind is Kind.FINAL
        }
        waiting = {str(event_id) for (event_id,) in self.rows("SELECT event_id FROM rating_usageinbox")}
        logged = " JOIN request_logs_requestlog r ON r.id = c.event_id" if is_logged else ""
        booked = f"SELECT c.event_id FROM rating_charge c{logged} WHERE c.event_id = ANY(%s)"
        settled = {str(event_id) for (event_id,) in self.rows(booked, list(spooled))}
        return waiting | (spooled - settled)

    def client(self, **more: Any) -> httpx.Client:
        """Return an HTTP client with the demo customer's key."""
        return httpx.Client(base_url=self.url, headers={"authorization": f"Bearer {self.key}"}, timeout=30, **more)

    def _program(self, name: str) -> Program:
        others = programs.without_private_keys(self.environment)
        makers: dict[str, Callable[[], Program]] = {
            "upstream": lambda: programs.upstream(others, port=self.upstream_port),
            "stripe": lambda: programs.stripe(others, port=self.stripe_port, state=self.folder / "stripe.json"),
            "web": lambda: programs.web(self.environment, host="127.0.0.1", port=self.port),
            "worker": lambda: programs.worker(others),
            "settle": lambda: programs.settle(others),
            "dispatch": lambda: programs.dispatch(others),
        }
        return makers[name]()

    def _wait_ready(self, name: str, ready: str | Callable[[], bool], seconds: float = 180) -> None:
        deadline = time.monotonic() + seconds
        log = self.folder / f"{name}.log"
        while not (ready() if callable(ready) else ready in log.read_text()):
            assert self.processes[name].poll() is None, f"{name} died: {log.read_text()[-2000:]}"
            assert time.monotonic() < deadline, f"{name} did not come up: {log.read_text()[-2000:]}"
            time.sleep(0.05)


def build(folder: Path, *, name: str, **settings: str) -> Marketplace:
    """Make the database `name`, migrate it and load the demo. Only its Redis runs yet: a shared one mixes up jobs.

    settings: what differs from the usual, such as ACTIVATION_TESTS="1".
    """
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith(("DJANGO_", "PYTEST_", "TEST_"))},
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "DATABASE_URL": _fresh_database("_".join([name, os.environ.get("TEST_DB_SUFFIX", "")]).strip("_")),
        "REDIS_URL": engines.start_redis(folder / "redis"),
        "DATA_DIR": str(folder),
        "GATEWAY_SPOOL_DIR": str(folder / "spool"),
        "GATEWAY_ID": name,
        "EMAIL_FILE_PATH": str(folder / "mail"),
        "ALLOW_PRIVATE_UPSTREAMS": "1",
        "ACTIVATION_TESTS": "0",
        "PYTHONUNBUFFERED": "1",
        "LOG_LEVEL": "INFO",
        **settings,
    }
    for variable in ("SECRET_KEY", "API_KEY_PEPPER", "SECRETS_PRIVATE_KEYS", "SECRETS_PUBLIC_KEY", "SITE_URL",
                     "ALLOWED_HOSTS", "EMAIL_BACKEND", "ACCOUNT_EMAIL_VERIFICATION"):  # fmt: skip
        environment.pop(variable, None)
    (folder / "staticfiles").mkdir(parents=True, exist_ok=True)
    environment |= keys.kept_keys(folder, environment)
    port, upstream_port = free_port(), free_port()
    environment["SITE_URL"] = f"http://127.0.0.1:{port}"
    built = Marketplace(folder, environment, port, upstream_port)
    for program in (programs.migrate(environment), programs.demo(environment, upstream_port=upstream_port)):
        done = subprocess.run(program.command, env=dict(program.environment), cwd=ROOT, capture_output=True, text=True)
        if done.returncode != 0:
            remove(built)
            raise AssertionError(done.stdout[-2000:] + done.stderr[-4000:])
    built.demo = env_files.read(folder / "demo.env")
    return built


def remove(built: Marketplace) -> None:
    """Stop everything and forget it."""
    built.stop()
    engines.stop_redis(built.folder / "redis")
    shutil.rmtree(built.folder, ignore_errors=True)


def _fresh_database(name: str) -> str:
    return template.copy(os.environ["DATABASE_URL"], name, template=for_tests.migrated_database())


def _records(segment: Path) -> Sequence[Record]:
    """Return what is written in a spool's file; nothing of one that was shipped and removed just now."""
    try:
        return scan(segment.read_bytes(), HEADER_BYTES).records
    except FileNotFoundError:
        return ()
