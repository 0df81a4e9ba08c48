"""`python -m config.embedded.supervisor`: the whole marketplace on this machine, until Ctrl-C.

What it keeps stands in the data folder (DATA_DIR, `.data` by default): the database, the keys, files, the spool of the
gateway, the logins of the demo. Variables of the environment and of `.env` go before what it would choose.
"""

from __future__ import annotations

import fcntl
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from config.embedded import cards, children, env_files, keys, postgres, programs, redis_server, welcome
from config.embedded.errors import EngineMissing
from config.embedded.processes import Program
from config.embedded.stage import Ended, Stage, StartFailed, print_line

ROOT = Path(__file__).resolve().parent.parent.parent
_DATABASE = "marketplace"
_FIRST_PORT = 8000
_UPSTREAM_PORT = 9100  # the one that the files of the demo catalogue name
_STRIPE_PORT = 9200
_PORTS_TRIED = 200


class AlreadyRunning(Exception):
    """Another supervisor has the data folder."""


def main() -> int:
    """Start everything, say how to use it, and keep it running. Returns the exit status."""
    os.chdir(ROOT)
    written = {name: value for name, value in env_files.read(ROOT / ".env").items() if value}
    given = {**written, **os.environ}
    data = Path(given.get("DATA_DIR") or ROOT / ".data").expanduser().resolve()
    (data / "staticfiles").mkdir(parents=True, exist_ok=True)
    try:
        with _lock(data) as lock:
            return _supervise(given, data, lock)
    except AlreadyRunning as error:
        print(error, file=sys.stderr)
        return 1


def _supervise(given: Mapping[str, str], data: Path, lock: TextIO) -> int:
    stage = Stage()
    stage.heed_signals()
    try:
        environment = _environment(given, data)
        environment |= _start_engines(stage, environment, data)
        environment |= _start_cards(stage, environment, data)
        _start_processes(stage, environment)
        _note(lock, environment["SITE_URL"])
        pretended = "" if cards.are_real(given) else environment["STRIPE_API_BASE"]
        print(welcome.text(env_files.read(data / "demo.env"), environment["SITE_URL"], data, pretended), flush=True)
        stage.run_forever()
    except Ended:
        print_line("supervisor", "ending; one moment.")
    except (EngineMissing, StartFailed) as error:
        print_line("supervisor", str(error))
        return 1
    finally:
        stage.end(*programs.ENDING, ("redis",), ("postgres",))
    print_line("supervisor", "everything has ended.")
    return 0


def _environment(given: Mapping[str, str], data: Path) -> dict[str, str]:
    """Return what the processes are told, but for the addresses of the engines."""
    host = given.get("HOST") or "127.0.0.1"
    wanted = given.get("PORT") or str(_FIRST_PORT)
    if not wanted.isdecimal():
        raise StartFailed(f"PORT must be a whole number such as {_FIRST_PORT} (got {wanted!r}).")
    port = _free_port(host, int(wanted))
    chosen = {
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "SITE_URL": f"http://{programs.reachable(host)}:{port}",
        "GATEWAY_SPOOL_DIR": str(data / "spool"),
        "EMAIL_FILE_PATH": str(data / "mail"),
        "ALLOW_PRIVATE_UPSTREAMS": "1",
        "PYTHONUNBUFFERED": "1",
    }
    return {**chosen, **keys.kept_keys(data, given), **given, "DATA_DIR": str(data), "HOST": host, "PORT": str(port)}


def _start_engines(stage: Stage, given: Mapping[str, str], data: Path) -> dict[str, str]:
    """Start the engines that nobody has named, and return their addresses."""
    addresses = {}
    if not (given.get("DATABASE_URL") or given.get("DATABASE_URL_FILE")):
        folder = data / "postgres"
        postgres.stop(folder)  # one that a crash left behind
        stage.start(_postgres_program(folder))
        stage.wait_ready("postgres")
        addresses["DATABASE_URL"] = postgres.ensure_database(folder, _DATABASE)
    if not (given.get("REDIS_URL") or given.get("REDIS_URL_FILE")):
        folder = data / "redis"
        redis_server.stop(folder)
        stage.start(_redis_program(folder))
        stage.wait_ready("redis")
        addresses["REDIS_URL"] = redis_server.address(folder)
    return addresses


def _postgres_program(folder: Path) -> Program:
    return Program(
        "postgres",
        [*postgres.prepare(folder), "-c", "log_min_messages=fatal"],  # what goes wrong in a query, its process says
        children.bare_environment(),
        stop_signal=postgres.STOP_SIGNAL,
        patience=20,
        account=children.unprivileged_account(folder),
        directory="/",
        ready_when=lambda: postgres.answers(folder),
    )


def _redis_program(folder: Path) -> Program:
    command = redis_server.prepare(folder)
    return Program(
        "redis", command, children.bare_environment(), patience=10, ready_when=lambda: redis_server.is_running(folder)
    )


def _start_cards(stage: Stage, environment: Mapping[str, str], data: Path) -> dict[str, str]:
    """Start the pretended card processor when nobody has set a real one, and return the settings that name it."""
    if cards.are_real(environment):
        return {}
    port = _free_port("127.0.0.1", _STRIPE_PORT)
    chosen = cards.pretended(port)
    stage.start(programs.stripe({**environment, **chosen}, port=port, state=data / "stripe.json"))
    stage.wait_ready("stripe")
    return chosen


def _start_processes(stage: Stage, environment: Mapping[str, str]) -> None:
    upstream_port = _free_port("127.0.0.1", _UPSTREAM_PORT)
    stage.run(programs.migrate(environment))
    stage.run(programs.demo(environment, upstream_port=upstream_port))
    stage.start(programs.upstream(environment, port=upstream_port))
    stage.start(programs.web(environment, host=environment["HOST"], port=int(environment["PORT"])))
    for program in (programs.worker, programs.beat, programs.settle, programs.dispatch):
        stage.start(program(environment))
    stage.wait_ready("upstream", "web", "worker", "beat", "settle", "dispatch")


def _free_port(host: str, first: int) -> int:
    """Return `first`, or the next port that nobody listens on. Raises: StartFailed."""
    for port in range(first, min(first + _PORTS_TRIED, 65_536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise StartFailed(f"No port from {first} on is free on {host}. Set PORT to one that is.")


def _lock(data: Path) -> TextIO:
    """Take the data folder for this process. Raises: AlreadyRunning, naming the other one."""
    lock = (data / "supervisor.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        raise AlreadyRunning(
            f"A marketplace already runs from {data}: {lock.read().strip() or 'it is just starting'}. "
            "Stop it with Ctrl-C where it runs, or set DATA_DIR to another folder."
        ) from None
    _note(lock, "starting")
    return lock


def _note(lock: TextIO, address: str) -> None:
    """Leave in the lock file what a second start would say."""
    lock.seek(0)
    lock.truncate()
    lock.write(f"process {os.getpid()}, {address}\n")
    lock.flush()


if __name__ == "__main__":
    sys.exit(main())
