"""Scripts in a bubblewrap sandbox: no network but the gateway, nothing of this machine but its programs.

The sandbox has namespaces of its own. A socket of ours is the only way out, and it leads to the gateway (`relay`);
inside, `inside.py` listens at a local port for it. Bounded are processor time, memory, files, processes, wall clock
and output.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from marketplace.testing.runner import streams
from marketplace.testing.runner.protocol import Finished, RunnerMissing, Script
from marketplace.testing.runner.relay import Relay

_HERE = Path(__file__).parent
_PORT = 8080
#: Names of the languages' programs, looked for in the sandbox.
PROGRAMS = {"python": "python3", "javascript": "node", "bash": "bash"}
_SUFFIX = {"python": "py", "javascript": "mjs", "bash": "sh"}
_MIB = 1024 * 1024
#: What of the machine is there to read, when it exists.
_READABLE = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc/ssl", "/etc/ca-certificates",
             "/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d")  # fmt: skip
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a script may use. address_space_bytes: of one process; node reserves much more than it uses."""

    processes: int = 64
    file_bytes: int = 16 * _MIB
    open_files: int = 256
    scratch_bytes: int = 64 * _MIB
    address_space_bytes: int = 1024 * _MIB
    address_space_bytes_of_node: int = 64 * 1024 * _MIB


class BubblewrapRunner:
    """gateway: where the relay leads. program: of bubblewrap. packages: a folder of Python packages, or "".

    uid: as whom scripts run when we are root; nobody else's processes should run as it.
    """

    def __init__(
        self,
        *,
        gateway: str,
        program: str = "bwrap",
        packages: str = "",
        uid: int = 64321,
        bounds: Bounds | None = None,
    ) -> None:
        self._leads_to, self._program, self._packages, self._uid = gateway, program, packages, uid
        self._bounds = bounds or Bounds()

    @property
    def is_switched_on(self) -> bool:
        return True

    @property
    def gateway(self) -> str:
        return f"http://127.0.0.1:{_PORT}"

    def run(self, script: Script) -> Finished:
        """Run a script to its end, or to one of its bounds. Raises: RunnerMissing when there is no bubblewrap."""
        program = shutil.which(self._program)
        if program is None:
            raise RunnerMissing(f"The runner needs bubblewrap, and {self._program!r} is not installed here.")
        if shutil.which(PROGRAMS["python"], path=_PATH) is None:
            raise RunnerMissing("The runner needs a python3 below /usr: others are not in the sandbox.")
        with tempfile.TemporaryDirectory(prefix="sandbox-") as folder:
            place = Path(folder)
            place.chmod(0o755)
            self._lay_out(place, script)
            with Relay(place / "gateway.sock", self._leads_to):
                return self._run(self.command(program, place, script), script)

    def _run(self, command: list[str], script: Script) -> Finished:
        began = time.monotonic()
        process = subprocess.Popen(  # noqa: S603  a command line of ours; the script is a file in the sandbox
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={}, cwd="/"
        )
        ended = streams.read(process, seconds=script.timeout_seconds)
        return Finished(
            ended.exit_code, ended.stdout, ended.stderr, ended.error, round((time.monotonic() - began) * 1000)
        )

    def _lay_out(self, place: Path, script: Script) -> None:
        """Write what the sandbox has to read, readable for everybody."""
        files = {f"script.{_SUFFIX[script.language]}": script.text, "inside.py": (_HERE / "inside.py").read_text()}
        for name, text in files.items():
            path = place / name
            path.write_text(text)
            path.chmod(0o644)

    def command(self, program: str, place: Path, script: Script) -> list[str]:
        """Return the command line: limits, the sandbox, the relay inside, the script."""
        bounds = self._bounds
        is_node = script.language == "javascript"
        limits = {
            "RLIMIT_CPU": round(script.timeout_seconds) + 1,
            "RLIMIT_AS": bounds.address_space_bytes_of_node if is_node else bounds.address_space_bytes,
            "RLIMIT_NPROC": bounds.processes,
            "RLIMIT_FSIZE": bounds.file_bytes,
            "RLIMIT_NOFILE": bounds.open_files,
            "RLIMIT_CORE": 0,
        }
        launch = [sys.executable, "-I", str(_HERE / "launch.py"), str(self._uid)]
        return [*launch, *(f"{name}={value}" for name, value in limits.items()), "--", program,
                *self._sandbox(place, script), "--", *self._inside(script)]  # fmt: skip

    def _sandbox(self, place: Path, script: Script) -> list[str]:
        """Return the arguments of bubblewrap."""
        environment = {"PATH": _PATH, "HOME": "/tmp", "TMPDIR": "/tmp", "LANG": "C.UTF-8", **script.environment}  # noqa: S108  in the sandbox
        if self._packages:
            environment["PYTHONPATH"] = "/packages"
        arguments = ["--unshare-all", "--unshare-user", "--uid", "65534", "--gid", "65534", "--disable-userns"]
        arguments += ["--die-with-parent", "--new-session", "--cap-drop", "ALL", "--hostname", "sandbox", "--clearenv"]
        for path in _READABLE:
            arguments += ["--ro-bind-try", path, path]
        if self._packages:
            arguments += ["--ro-bind", self._packages, "/packages"]
        arguments += ["--proc", "/proc", "--dev", "/dev"]
        arguments += ["--size", str(self._bounds.scratch_bytes), "--tmpfs", "/tmp"]  # noqa: S108  in the sandbox
        arguments += ["--ro-bind", str(place), "/sandbox", "--chdir", "/tmp"]  # noqa: S108  in the sandbox
        for name, value in environment.items():
            arguments += ["--setenv", name, value]
        return [*arguments, "--remount-ro", "/"]

    def _inside(self, script: Script) -> list[str]:
        own = [PROGRAMS["python"], "-I", "/sandbox/inside.py", str(_PORT)]
        return [*own, PROGRAMS[script.language], f"/sandbox/script.{_SUFFIX[script.language]}"]
