"""The sellers' published command line, unmodified, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from pathlib import Path


class CommandLine:
    """`usvc seller ...` in a seller's folder."""

    def __init__(self, folder: Path, url: str, key: str) -> None:
        self.folder = folder
        self.environ = {
            **os.environ,
            "UNITYSVC_SELLER_API_URL": url,
            "UNITYSVC_SELLER_API_KEY": key,
            "COLUMNS": "400",
            "NO_COLOR": "1",
            "HOME": str(folder),
        }

    def __call__(self, *arguments: str, succeeds: bool = True) -> str:
        """Run a command and return what it prints."""
        program = Path(sysconfig.get_path("scripts")) / "usvc"
        done = subprocess.run(
            [str(program), "seller", *arguments],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        output = done.stdout + done.stderr
        assert (done.returncode == 0) is succeeds, output
        return output
