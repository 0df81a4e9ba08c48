"""The sandbox: its command line everywhere, and where bubblewrap runs, what a script can reach in it and what not."""

from __future__ import annotations

import http.server
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from marketplace.testing import runner
from marketplace.testing.runner import Finished, NoRunner, RunnerMissing, Script, launch, streams
from marketplace.testing.runner.bubblewrap import Bounds, BubblewrapRunner
from marketplace.testing.runner.relay import Relay

Run = Callable[..., Finished]


class TestConfigured:
    def test_is_nobody_by_default(self, settings):
        found = runner.configured()

        assert not found.is_switched_on
        with pytest.raises(RunnerMissing, match="not run by this platform"):
            found.run(Script("true", "bash", {}))

    def test_refuses_a_name_that_it_does_not_know(self, settings):
        settings.TEST_RUNNER = "podman"

        with pytest.raises(RunnerMissing, match="podman"):
            runner.configured()

    def test_says_that_bubblewrap_is_not_installed(self, settings):
        settings.TEST_RUNNER, settings.TEST_RUNNER_PROGRAM = "bubblewrap", "no-such-bwrap"

        with pytest.raises(RunnerMissing, match="no-such-bwrap"):
            runner.configured().run(Script("true", "bash", {}))

    def test_has_one_sentence_for_sellers(self):
        assert "report the result" in NoRunner.SENTENCE


class TestCommandLine:
    @pytest.fixture
    def command(self) -> list[str]:
        sandbox = BubblewrapRunner(gateway="http://127.0.0.1:1", packages="/opt/packages", uid=4711)
        return sandbox.command("/usr/bin/bwrap", Path("/sand"), Script("x", "python", {"MODEL": "m"}))

    def test_takes_every_namespace_and_every_right_away(self, command):
        text = " ".join(command)
        for argument in ("--unshare-all", "--disable-userns", "--die-with-parent", "--cap-drop ALL", "--clearenv"):
            assert argument in text
        assert "--share-net" not in text
        assert "--dev-bind" not in text

    def test_binds_nothing_for_writing(self, command):
        assert [each for each in command if each in {"--bind", "--bind-try"}] == []
        assert command[command.index("/opt/packages") - 1 :][:3] == ["--ro-bind", "/opt/packages", "/packages"]

    def test_bounds_processes_memory_files_and_time(self, command):
        assert command[3] == "4711"
        for limit in ("RLIMIT_NPROC=64", "RLIMIT_AS=1073741824", "RLIMIT_FSIZE=16777216", "RLIMIT_CPU=31"):
            assert limit in command


class TestPieces:
    """What needs no namespaces, so that it is proven on every machine: bounds, streams and the way to the gateway."""

    @staticmethod
    def launched(*command: str, **limits: int) -> streams.Ended:
        """Run a command as the sandbox is run: bounded, and as nobody when we are root."""
        bounds = [f"{name}={value}" for name, value in limits.items()]
        line = [sys.executable, "-I", launch.__file__, "64321", *bounds, "--", *command]
        process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={}, cwd="/")
        return streams.read(process, seconds=20)

    def test_bound_files_and_processor_time(self):
        done = self.launched("/bin/sh", "-c", "ulimit -f; ulimit -t; id -u", RLIMIT_FSIZE=1024 * 1024, RLIMIT_CPU=7)

        file_blocks, seconds, user = done.stdout.split()
        assert (int(file_blocks), int(seconds)) == (2048, 7)
        assert int(user) != 0

    def test_stop_what_takes_too_long_or_writes_without_end(self):
        def read(command: str, seconds: float) -> streams.Ended:
            process = subprocess.Popen(["/bin/sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            return streams.read(process, seconds=seconds)

        assert read("echo out; echo err >&2; exit 3", 20) == streams.Ended(3, "out\n", "err\n")
        assert read("exec sleep 4712", 0.1).error == "It took longer than 0.1 seconds and was stopped."
        endless = read("exec yes", 20)
        assert "more than 1024 KiB" in endless.error
        assert len(endless.stdout) == 16 * 1024

    def test_lead_from_a_socket_to_the_gateway_and_nowhere_else(self, gateway, tmp_path):
        path = tmp_path / "gateway.sock"
        with Relay(path, gateway), socket.socket(socket.AF_UNIX) as way:
            way.settimeout(20)
            way.connect(str(path))
            # a proxy would go where this says; the relay passes it on to the gateway
            way.sendall(b"GET http://192.0.2.1/p/x HTTP/1.0\r\n\r\n")
            answer = b"".join(iter(lambda: way.recv(65536), b""))

        assert answer.endswith(b"asked for http://192.0.2.1/p/x")


def _works() -> bool:
    """Return whether this machine lets bubblewrap make a sandbox."""
    program = shutil.which("bwrap")
    if program is None or shutil.which("python3", path="/usr/local/bin:/usr/bin") is None:
        return False
    tried = subprocess.run([program, "--ro-bind", "/", "/", "--unshare-all", "true"], capture_output=True, check=False)
    return tried.returncode == 0


@pytest.fixture
def gateway(socket_enabled) -> Iterator[str]:
    """The address of a gateway that says which path was asked for."""

    class Gateway(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f"asked for {self.path}".encode())

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def run(gateway) -> Run:
    """Run a script in the sandbox in front of it."""
    sandbox = BubblewrapRunner(gateway=gateway, bounds=Bounds(processes=32))

    def ran(text: str, language: str = "bash", seconds: float = 10, **environment: str) -> Finished:
        seen = {"SERVICE_BASE_URL": f"{sandbox.gateway}/p/x", **environment}
        return sandbox.run(Script(text, language, seen, seconds))

    return ran


@pytest.mark.skipif(not _works(), reason="Bubblewrap makes no sandbox here: install it, and allow user namespaces.")
class TestSandbox:
    def test_reaches_the_gateway_in_python(self, run):
        code = "import os, urllib.request as u\nprint(u.urlopen(os.environ['SERVICE_BASE_URL']).read().decode())"

        done = run(code, "python")

        assert (done.exit_code, done.stdout) == (0, "asked for /p/x\n"), done.stderr

    def test_tells_exit_code_and_both_streams(self, run):
        done = run("echo out; echo err >&2; exit 3")

        assert (done.exit_code, done.stdout, done.stderr, done.error) == (3, "out\n", "err\n", "")

    def test_reaches_nothing_but_the_gateway(self, run):
        code = (
            "import socket\n"
            "for place in (('1.1.1.1', 53), ('127.0.0.1', 5432), ('127.0.0.1', 6379), ('169.254.169.254', 80)):\n"
            "    try:\n        socket.create_connection(place, 2); print('reached', place)\n"
            "    except OSError as error: print('refused')\n"
        )

        assert run(code, "python").stdout == "refused\n" * 4

    def test_sees_no_environment_but_its_own(self, run, monkeypatch):
        monkeypatch.setenv("SECRET_KEY", "of the platform")

        done = run("env; cat /proc/1/environ /proc/self/environ | tr '\\0' '\\n'", MODEL="m")

        assert "of the platform" not in done.stdout
        assert "MODEL=m" in done.stdout

    def test_reads_nothing_of_the_machine_and_writes_nothing(self, run, tmp_path):
        kept = tmp_path / "secret.txt"
        kept.write_text("of the machine")
        tries = f"cat {kept} /etc/shadow /etc/passwd /root/.ssh/id_rsa; ls /home /var /root; touch /usr/x /x /sandbox/x"

        done = run(f"{tries}; echo left > /tmp/kept; cat /tmp/kept")

        assert done.stdout == "left\n"
        assert "Read-only file system" in done.stderr

    def test_cannot_become_more_than_it_is(self, run):
        done = run(
            "id -u; unshare -r true && echo more; mount -t tmpfs none /tmp && echo mounted; chroot / && echo root"
        )

        assert done.stdout == "65534\n"

    def test_stops_what_takes_too_long_with_its_children(self, run):
        done = run("sleep 4711 & sleep 4711", seconds=1)

        assert (done.exit_code, done.error) == (None, "It took longer than 1 seconds and was stopped.")
        left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        assert "sleep 4711" not in left

    def test_stops_what_writes_without_end_and_keeps_the_beginning(self, run):
        done = run("yes", seconds=20)

        assert "more than 1024 KiB" in done.error
        assert len(done.stdout) == 16 * 1024

    def test_survives_a_fork_bomb(self, run):
        done = run(":(){ :|:& };: 2>/dev/null; sleep 1; echo over", seconds=15)

        assert done.exit_code is None or "over" in done.stdout or "fork" in done.stderr

    def test_bounds_memory(self, run):
        done = run("x = [bytearray(10**8) for _ in range(100)]", "python")

        assert done.exit_code == 1
        assert "MemoryError" in done.stderr
