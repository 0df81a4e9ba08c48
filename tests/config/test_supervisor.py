"""The whole of `make run` in a folder of its own: started, used, killed, started again, ended."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded import env_files, supervisor
from config.embedded.redis_server import free_port

ROOT = Path(__file__).parents[2]
#: What a newcomer's shell has; the suite's own settings are none of it.
SHELL = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}


class Run:
    """One `python -m config.embedded.supervisor`."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.log = data.parent / "run.log"
        environment = {**SHELL, "DATA_DIR": str(data), "PORT": str(free_port())}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.embedded.supervisor"],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        return self.log.read_text()

    def wait_ready(self) -> dict[str, str]:
        for _ in range(6000):
            if "Ctrl-C ends everything" in self.said:
                return env_files.read(self.data / "demo.env")
            assert self.process.poll() is None, self.said
            time.sleep(0.1)
        raise AssertionError(self.said)

    def processes(self) -> list[str]:
        """Return the command lines of what runs from the data folder, wherever it hangs."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                is_ours = f"DATA_DIR={self.data}".encode() in (entry / "environ").read_bytes()
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if command and (is_ours or str(self.data) in command):
                found.append(command)
        return found

    def wait_gone(self) -> None:
        for _ in range(1200):
            if not self.processes():
                return
            time.sleep(0.1)
        raise AssertionError(self.processes())


@pytest.fixture
def data() -> Iterator[Path]:
    # not pytest's folder: PostgreSQL's account must be able to pass through
    folder = Path(tempfile.mkdtemp(prefix="marketplace-run-"))
    yield folder / "data"
    shutil.rmtree(folder)


@pytest.mark.journey
class TestSupervisor:
    def test_runs_everything_leaves_nothing_and_keeps_what_it_made(self, data):
        first = Run(data)
        try:
            made = first.wait_ready()
            self.assert_the_printed_line_works(first)
            self.assert_only_the_web_may_open_secrets(first)
            self.assert_cards_are_pretended(first)
            self.assert_a_second_start_says_that_one_runs(first)
            first.process.kill()
            first.process.wait()
            first.wait_gone()
            again = Run(data)
        finally:
            first.process.kill()
        try:
            kept = again.wait_ready()
            assert kept["UNITYSVC_API_KEY"] == made["UNITYSVC_API_KEY"]
            self.assert_the_printed_line_works(again)
            again.process.send_signal(signal.SIGINT)
            assert again.process.wait(180) == 0  # each has half a minute
            assert again.processes() == []
            assert "was killed" not in again.said
        finally:
            again.process.kill()

    @staticmethod
    def assert_the_printed_line_works(run: Run) -> None:
        line = run.said[run.said.index("\ncurl ") : run.said.index("All of this is kept")]
        answered = subprocess.run(["sh", "-c", f"{line.strip()} --silent --fail"], capture_output=True, check=True)
        assert json.loads(answered.stdout)["choices"][0]["message"]["content"] == "Echo: Hello there"
        assert (run.data / "demo.env").stat().st_mode & 0o777 == 0o600

    @staticmethod
    def assert_only_the_web_may_open_secrets(run: Run) -> None:
        holders = []
        for child in Path(f"/proc/{run.process.pid}/task/{run.process.pid}/children").read_text().split():
            if b"SECRETS_PRIVATE_KEYS" in Path(f"/proc/{child}/environ").read_bytes():
                holders.append(Path(f"/proc/{child}/cmdline").read_bytes())
        assert len(holders) == 1
        assert b"config.asgi:application" in holders[0]

    @staticmethod
    def assert_cards_are_pretended(run: Run) -> None:
        address = re.search(r"could do next, is at (http://127.0.0.1:\d+)\.", run.said)
        assert address is not None
        with urllib.request.urlopen(address[1], timeout=5) as page:
            assert b"This is not Stripe" in page.read()

    @staticmethod
    def assert_a_second_start_says_that_one_runs(run: Run) -> None:
        second = subprocess.run(
            [sys.executable, "-m", "config.embedded.supervisor"],
            cwd=ROOT,
            env={**SHELL, "DATA_DIR": str(run.data)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert second.returncode == 1
        assert f"already runs from {run.data}: process {run.process.pid}, http://127.0.0.1:" in second.stderr


class TestFreePort:
    def test_is_the_first_one_when_nobody_listens_there(self):
        port = free_port()
        assert supervisor._free_port("127.0.0.1", port) == port

    def test_is_a_later_one_when_somebody_does(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            assert supervisor._free_port("127.0.0.1", port) > port

    def test_is_looked_for_from_a_number_on(self, tmp_path):
        told = subprocess.run(
            [sys.executable, "-m", "config.embedded.supervisor"],
            cwd=ROOT,
            env={**SHELL, "DATA_DIR": str(tmp_path), "PORT": "eighty"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert told.returncode == 1
        assert "PORT must be a whole number such as 8000 (got 'eighty')." in told.stdout
        assert "Traceback" not in told.stderr
