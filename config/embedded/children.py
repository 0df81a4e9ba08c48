"""How a child process is started: as another account where root must not be, with its life tied to ours."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the system that a child runs as."""

    uid: int
    gid: int


def unprivileged_account(folder: Path) -> Account | None:
    """Return whom an engine runs as that refuses to be root: the owner of its folder, or `nobody`; None if not root."""
    if os.geteuid() != 0:
        return None
    if folder.exists() and (owner := folder.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def let_pass(path: Path) -> None:
    """Let other accounts pass through the folders above `path` (not list them), where they cannot yet."""
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & 0o001:
            folder.chmod(mode | 0o001)


def let_read(tree: Path) -> None:
    """Let other accounts read and run what is in `tree`, where they cannot yet."""
    for path in [tree, *tree.rglob("*")]:
        mode = path.lstat().st_mode
        wanted = 0o005 if path.is_dir() or mode & 0o100 else 0o004
        if not path.is_symlink() and mode & wanted != wanted:
            path.chmod(mode | wanted)


def bare_environment() -> dict[str, str]:
    """Return the little that an engine sees of our environment."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def tied(death_signal: signal.Signals) -> Callable[[], None] | None:
    """Return a preexec function that has the kernel send the child `death_signal` when we end, however that happens.

    Only Linux can; elsewhere None. The tie is to the thread that starts the child: start children from the main thread.
    """
    if not sys.platform.startswith("linux"):
        return None
    set_process_option, parent = ctypes.CDLL(None, use_errno=True).prctl, os.getpid()

    def tie() -> None:
        set_process_option(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return tie


def program_of(pid: int) -> str:
    """Return the name of the program that runs as `pid`, '' when nothing does."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return "" if Path("/proc/self").exists() else _asked_of_ps(pid)
    except OSError:
        return ""
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return "" if fields.get("State", "").strip().startswith("Z") else fields.get("Name", "").strip()


def _asked_of_ps(pid: int) -> str:
    told = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return Path(told.strip()).name
