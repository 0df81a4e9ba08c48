"""Processes run together, with small programs in place of the real ones."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from config.embedded import children
from config.embedded.processes import Program
from config.embedded.stage import Ended, Stage, StartFailed

STAYS = "import time\nprint('at work', flush=True)\ntime.sleep(60)"
IGNORES = (
    "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('at work', flush=True)\ntime.sleep(60)"
)
STAYS_WITH_CHILD = (
    "import subprocess, sys, time\nchild = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    "print('at work', child.pid, flush=True)\ntime.sleep(60)"
)


class Heard(list[tuple[str, str]]):
    """What a stage said, as (name, line)."""

    def __call__(self, name: str, line: str) -> None:
        self.append((name, line))

    def of(self, name: str) -> list[str]:
        return [line for speaker, line in self if speaker == name]


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def stage(heard):
    stage = Stage(heard)
    yield stage
    stage.end()


def program(name: str, code: str, **more: object) -> Program:
    environment = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"}
    return Program(name, [sys.executable, "-c", code], environment, **more)


def pid_of(stage: Stage, name: str) -> int:
    return stage._processes[name]._child.pid


def turn_until(stage: Stage, condition) -> None:
    """Let the stage work until the condition holds; a stage that never gets there fails by the last line."""
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        stage._turn(restart=True)
    assert condition()


class TestRun:
    def test_passes_on_every_line_behind_the_name(self, stage, heard):
        stage.run(program("greeter", "print('one'); print('two', end='')"))
        assert heard == [("greeter", "one"), ("greeter", "two")]

    def test_fails_with_the_program(self, stage, heard):
        with pytest.raises(StartFailed, match="broken ended with status 3"):
            stage.run(program("broken", "import sys; print('the reason'); sys.exit(3)"))
        assert heard.of("broken") == ["the reason"]


class TestWaitReady:
    def test_returns_when_the_line_has_been_said(self, stage, heard):
        stage.start(program("steady", STAYS, ready_when="at work"))
        stage.wait_ready("steady")
        assert heard.of("steady") == ["at work"]

    def test_fails_when_the_program_dies_before(self, stage):
        stage.start(program("frail", "print('oh')", ready_when="at work"))
        with pytest.raises(StartFailed, match="frail ended with status 0 before it was at work"):
            stage.wait_ready("frail")

    def test_fails_when_it_takes_too_long(self, stage):
        stage.start(program("slow", STAYS, ready_when=lambda: False))
        with pytest.raises(StartFailed, match="slow did not come up"):
            stage.wait_ready("slow", seconds=0.3)

    def test_ends_when_asked_to(self, stage):
        stage.start(program("slow", STAYS, ready_when=lambda: False))
        stage._note_signal()
        with pytest.raises(Ended):
            stage.wait_ready("slow")


class TestRestart:
    def test_brings_back_who_was_killed_and_says_so(self, stage, heard):
        stage.start(program("steady", STAYS, ready_when="at work"))
        stage.wait_ready("steady")
        os.kill(pid_of(stage, "steady"), signal.SIGKILL)
        turn_until(stage, lambda: len(heard.of("steady")) == 2)
        assert heard.of("supervisor") == [
            "steady was ended by SIGKILL; it starts again in 1 s.",
            "steady starts again.",
        ]

    def test_waits_longer_from_death_to_death(self, stage):
        stage.start(program("frail", "pass"))
        waits = [stage._processes["frail"].plan_restart() for _ in range(8)]
        assert waits == [1, 2, 4, 8, 15, 30, 30, 30]


class TestEnd:
    def test_follows_the_order_of_the_groups(self, stage, heard):
        says_goodbye = (
            "import signal, sys, time\n"
            "def end(*_):\n    print('goodbye')\n    sys.exit(0)\n"
            "signal.signal(signal.SIGTERM, end)\nprint('at work')\ntime.sleep(60)"
        )
        for name in ("engine", "web", "other"):
            stage.start(program(name, says_goodbye, ready_when="at work"))
        stage.wait_ready("engine", "web", "other")
        stage.end(("web",), ("engine",))
        assert [name for name, line in heard if line == "goodbye"] == ["other", "web", "engine"]

    def test_kills_who_does_not_end(self, stage, heard):
        stage.start(program("stubborn", IGNORES, ready_when="at work", patience=0.2))
        stage.wait_ready("stubborn")
        stage.end(("stubborn",))
        assert heard.of("supervisor") == ["stubborn did not end in time and was killed."]

    def test_tells_for_whom_it_waits(self, stage, heard, monkeypatch):
        monkeypatch.setattr("config.embedded.stage._QUIET_SECONDS", 0.1)
        stage.start(program("stubborn", IGNORES, ready_when="at work", patience=0.6))
        stage.wait_ready("stubborn")
        stage.end(("stubborn",))
        assert heard.of("supervisor") == [
            "waiting for stubborn to end; Ctrl-C once more ends it at once.",
            "stubborn did not end in time and was killed.",
        ]

    def test_leaves_no_grandchild(self, stage, heard):
        stage.start(program("parent", STAYS_WITH_CHILD, ready_when="at work"))
        stage.wait_ready("parent")
        stage.end(("parent",))
        grandchild = int(heard.of("parent")[0].split()[-1])
        assert_gone(grandchild)


class TestTie:
    def test_ends_the_child_when_the_parent_is_killed(self, stage, heard):
        parent = (
            "import subprocess, sys, time\n"
            "from config.embedded.children import tied\nfrom signal import SIGTERM\n"
            "sleep = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
            "child = subprocess.Popen(sleep, preexec_fn=tied(SIGTERM))\n"
            "print('at work', child.pid, flush=True)\ntime.sleep(60)"
        )
        root = str(Path(__file__).parents[2])
        stage.start(program("parent", f"import sys; sys.path.insert(0, {root!r})\n{parent}", ready_when="at work"))
        stage.wait_ready("parent")
        os.kill(pid_of(stage, "parent"), signal.SIGKILL)
        stage._processes["parent"]._child.wait()
        assert_gone(int(heard.of("parent")[0].split()[-1]))


def assert_gone(pid: int) -> None:
    for _ in range(200):
        if not children.program_of(pid):
            return
        time.sleep(0.02)
    pytest.fail(f"process {pid} is still there")
