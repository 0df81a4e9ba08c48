"""One child process under the supervisor: how it starts, what it says, how it ends and is started again."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import IO

from config.embedded.children import Account, tied

_BACK_OFF = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)  # seconds before the next start, the last for ever
_HEALTHY_AFTER = 60.0  # seconds of life after which the next death is the first again


@dataclass(frozen=True, slots=True)
class Program:
    """What to run. stop_signal asks it to end; patience: seconds until it is killed.

    ready_when: a part of the line that it prints when it is at work, or a function that finds out.
    """

    name: str
    command: list[str]
    environment: Mapping[str, str] = field(repr=False)
    stop_signal: signal.Signals = signal.SIGTERM
    patience: float = 5
    account: Account | None = None
    directory: str | None = None
    ready_when: str | Callable[[], bool] = ""


class Process:
    """A program that runs, or is about to run again."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._child: subprocess.Popen[bytes] | None = None
        self._deaths = 0
        self._started_at = 0.0
        self._starts_again_at: float | None = None
        self._partial = b""
        self._has_said_ready = False

    def start(self) -> None:
        """Start the child in a process group of its own, so that Ctrl-C reaches only the supervisor."""
        program = self.program
        self._started_at, self._starts_again_at, self._has_said_ready = time.monotonic(), None, False
        self._child = subprocess.Popen(
            program.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(program.environment),
            cwd=program.directory,
            process_group=0,
            preexec_fn=tied(program.stop_signal),  # safe in a process of one thread
            user=program.account.uid if program.account else None,
            group=program.account.gid if program.account else None,
            extra_groups=[] if program.account else None,
        )
        os.set_blocking(self.output.fileno(), False)

    @property
    def output(self) -> IO[bytes]:
        assert self._child is not None
        assert self._child.stdout is not None
        return self._child.stdout

    @property
    def is_alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def status(self) -> int | None:
        """What the child ended with, None while it runs."""
        return self._child.poll() if self._child else None

    @property
    def is_ready(self) -> bool:
        """Whether it is at work, as far as `ready_when` tells."""
        ready_when = self.program.ready_when
        return self.is_alive and (ready_when() if callable(ready_when) else self._has_said_ready or not ready_when)

    def read_lines(self) -> list[str]:
        """Return the lines that have come in; the last one without its end waits, unless the child has ended."""
        chunk = b""
        while piece := self._read_piece():
            chunk += piece
        if not chunk and self.is_alive:
            return []
        *lines, self._partial = (self._partial + chunk).split(b"\n")
        if not self.is_alive and self._partial:
            lines, self._partial = [*lines, self._partial], b""
        shown = [line.decode(errors="replace").rstrip() for line in lines]
        wanted = self.program.ready_when
        if isinstance(wanted, str) and wanted and any(wanted in line for line in shown):
            self._has_said_ready = True
        return shown

    def _read_piece(self) -> bytes:
        return (self.output.read(65536) or b"") if self._child else b""

    def plan_restart(self) -> float:
        """Note a death, and return after how many seconds the next start is due."""
        lived = time.monotonic() - self._started_at
        self._deaths = 1 if lived > _HEALTHY_AFTER else self._deaths + 1
        wait = _BACK_OFF[min(self._deaths, len(_BACK_OFF)) - 1]
        self._starts_again_at = time.monotonic() + wait
        return wait

    @property
    def is_waiting(self) -> bool:
        """Whether its death has been noted and the next start is planned."""
        return self._starts_again_at is not None

    @property
    def is_due(self) -> bool:
        """Whether the wait for the next start is over."""
        return self._starts_again_at is not None and time.monotonic() >= self._starts_again_at

    def ask_to_end(self) -> None:
        """Send the signal that ends it cleanly."""
        if self._child and self.is_alive:
            self._child.send_signal(self.program.stop_signal)

    def kill(self) -> None:
        """End it now, with whatever it started."""
        if self._child:
            try:
                os.killpg(self._child.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                self._child.kill()
            self._child.wait()

    def ending(self) -> str:
        """Return in words how it ended."""
        status = self.status or 0
        return f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
