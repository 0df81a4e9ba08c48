"""Processes run together: their lines in one output, restarts, an orderly end. One thread, one loop."""

from __future__ import annotations

import select
import signal
import sys
import time
from collections.abc import Callable

from config.embedded.processes import Process, Program

_TICK = 0.1
_NAME_WIDTH = 10
#: After so long, who waits for the end is told for whom.
_QUIET_SECONDS = 4.0


class Ended(Exception):
    """The supervisor was asked to end."""


class StartFailed(Exception):
    """A part did not come up; the message says which, and its lines stand above."""


def print_line(name: str, line: str) -> None:
    """Print one line behind the name of who says it."""
    try:
        sys.stdout.write(f"{name:<{_NAME_WIDTH}} | {line}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        pass  # nobody reads us any more; the signal that ends us is on its way


class Stage:
    """Holds the processes in the order of their start. They end in the order that `end` is given."""

    def __init__(self, say: Callable[[str, str], None] = print_line) -> None:
        self._say = say
        self._processes: dict[str, Process] = {}
        self._ends_asked = 0

    def heed_signals(self) -> None:
        """Have Ctrl-C, SIGTERM and a closed terminal end us cleanly; asked twice, without patience."""
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, self._note_signal)

    def _note_signal(self, *_: object) -> None:
        self._ends_asked += 1

    def run(self, program: Program) -> None:
        """Run a program to its end. Raises: StartFailed when it does not end well, Ended."""
        process = Process(program)
        process.start()
        self._processes[program.name] = process
        try:
            while process.is_alive:
                self._turn(restart=False)
            self._show(process)
        finally:
            if process.is_alive:
                process.kill()
            del self._processes[program.name]
        if process.status:
            raise StartFailed(f"{program.name} {process.ending()}.")

    def start(self, program: Program) -> None:
        """Start a program that stays."""
        process = Process(program)
        process.start()
        self._processes[program.name] = process

    def wait_ready(self, *names: str, seconds: float = 180) -> None:
        """Return when all these are at work. Raises: StartFailed when one dies or takes too long, Ended.

        seconds: much, because a busy machine is slow and one that died is told at once.
        """
        deadline = time.monotonic() + seconds
        while late := [name for name in names if not self._processes[name].is_ready]:
            for name in late:
                process = self._processes[name]
                if not process.is_alive:
                    self._show(process)
                    raise StartFailed(f"{name} {process.ending()} before it was at work.")
            if time.monotonic() > deadline:
                raise StartFailed(f"{', '.join(late)} did not come up within {seconds:g} seconds.")
            self._turn(restart=False)

    def run_forever(self) -> None:
        """Keep everything running: who dies is started again. Raises: Ended."""
        while True:
            self._turn(restart=True)

    def end(self, *groups: tuple[str, ...]) -> None:
        """End the groups one after the other, each process given its patience, whatever happens on the way."""
        listed = {name for group in groups for name in group}
        rest = tuple(name for name in self._processes if name not in listed)
        for group in (rest, *groups):
            self._end_group([self._processes[name] for name in group if name in self._processes])

    def _end_group(self, group: list[Process]) -> None:
        for process in group:
            process.ask_to_end()
        started, asked, is_told = time.monotonic(), self._ends_asked, False
        while alive := [process for process in group if process.is_alive]:
            if not is_told and time.monotonic() - started > _QUIET_SECONDS:
                is_told = True
                names = ", ".join(process.program.name for process in alive)
                self._say("supervisor", f"waiting for {names} to end; Ctrl-C once more ends it at once.")
            for process in alive:
                late = time.monotonic() - started > process.program.patience
                if late or self._ends_asked > asked:
                    self._say("supervisor", f"{process.program.name} did not end in time and was killed.")
                    process.kill()
            self._listen()
        for process in group:
            self._show(process)
            process.kill()  # what it may have left behind in its group

    def _turn(self, *, restart: bool) -> None:
        """Pass on what was said, and start again who died."""
        if self._ends_asked:
            raise Ended
        self._listen()
        if restart:
            for process in list(self._processes.values()):
                self._revive(process)

    def _revive(self, process: Process) -> None:
        if process.is_alive:
            return
        if process.is_waiting:
            if process.is_due:
                self._say("supervisor", f"{process.program.name} starts again.")
                process.start()
            return
        self._show(process)
        process.kill()
        wait = process.plan_restart()
        self._say("supervisor", f"{process.program.name} {process.ending()}; it starts again in {wait:g} s.")

    def _listen(self) -> None:
        alive = [process for process in self._processes.values() if process.is_alive]
        if not alive:
            time.sleep(_TICK)
            return
        readable, _, _ = select.select([process.output for process in alive], [], [], _TICK)
        for process in alive:
            if process.output in readable:
                self._show(process)

    def _show(self, process: Process) -> None:
        for line in process.read_lines():
            self._say(process.program.name, line)
