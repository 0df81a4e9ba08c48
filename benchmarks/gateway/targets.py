"""What is measured: the upstream itself, nginx before it (when installed), and the gateway before it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from config.embedded import programs
from config.embedded.engines import free_port

_NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 2048; }}
http {{
  access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream up {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 1000000; }}
  server {{ listen 127.0.0.1:{port}; keepalive_requests 1000000;
    client_body_buffer_size 128k; proxy_buffering off;
    location / {{ proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; }} }}
}}
"""


@dataclass
class Target:
    """A running server. pid: whose processor time counts."""

    name: str
    port: int
    path: str
    key: str
    process: subprocess.Popen[bytes]

    def cpu_seconds(self) -> float:
        """Return the processor time of the process and its children, by the scheduler's own clock."""
        total = 0
        for pid in self._pids():
            for thread in Path(f"/proc/{pid}/task").iterdir():
                with contextlib.suppress(OSError):  # it has ended
                    total += int((thread / "schedstat").read_text().split()[0])
        return total / 1e9

    def resident_mb(self) -> float:
        """Return the memory that the process and its children hold."""
        pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self._pids())
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def pin(self, core: int) -> None:
        """Run on one core, when the machine has several."""
        if core < (os.cpu_count() or 1):
            for pid in self._pids():
                for thread in Path(f"/proc/{pid}/task").iterdir():
                    os.sched_setaffinity(int(thread.name), {core})

    def _pids(self) -> list[int]:
        return [self.process.pid, *_children(self.process.pid)]

    def stop(self) -> None:
        """End the server."""
        self.process.terminate()
        self.process.wait(15)


def kernel_seconds() -> float:
    """Return the processor time of the kernel's workers: what a server lets the kernel do is counted with no process.

    They work for all alike, the stores among them.
    """
    total = 0
    for process in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if process.name.isdigit() and (process / "comm").read_text().startswith(("kworker", "jbd2")):
                total += int((process / "schedstat").read_text().split()[0])
    return total / 1e9


def upstream() -> Target:
    """Start the upstream that everything calls in the end."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.gateway.upstream", str(port)])
    _wait(port, "/", accept={200})
    return Target("direct", port, "/chat/completions", "none", process)


def nginx(upstream_port: int, folder: Path) -> Target | None:
    """Start nginx as a plain reverse proxy, when it is installed."""
    binary = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if binary is None:
        return None
    port = free_port()
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, port=port, upstream=upstream_port))
    process = subprocess.Popen([binary, "-p", str(folder), "-c", str(folder / "nginx.conf")])
    _wait(port, "/", accept={200})
    return Target("nginx", port, "/chat/completions", "none", process)


def gateway(environment: Mapping[str, str], *, key: str, path: str, workers: int = 1) -> Target:
    """Start a gateway with everything that a call does in production. workers: processes on its port."""
    port = free_port()
    options = [
        "--port",
        str(port),
        "--http",
        programs.DOOR,
        "--loop",
        "uvloop",
        "--no-access-log",
        "--log-level",
        "warning",
    ]
    if workers > 1:
        options += ["--workers", str(workers)]
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "config.gateway:application", *options],
        env={**os.environ, **programs.MALLOC, **environment},
    )
    _wait(port, "/p/nobody", accept={401})
    return Target("gateway", port, path, key, process)


def keep_to(core: int) -> None:
    """Let this process, and all that it starts, run on one core, when the machine has several."""
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {core})


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


def _wait(port: int, path: str, *, accept: set[int], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
                status = answer.status
        except urllib.error.HTTPError as error:
            status = error.code
        except OSError:
            status = 0
        if status in accept:
            return
        time.sleep(0.05)
    raise SystemExit(f"Nothing answered on port {port} within {seconds:g} seconds.")
