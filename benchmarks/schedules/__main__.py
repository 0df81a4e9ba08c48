"""python -m benchmarks.schedules [--schedules 10000] [--spread 60] [--dispatchers 2]

So many schedules are due within `spread` seconds (0: all at the same moment), each once. They are made through a real
So many schedules are due within `spread` seconds (0: all at one moment), each once. They are made through a real
was due until it was written down that it begins, and until its answer was there; by PostgreSQL's clock.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.gateway import targets, world


def main() -> None:
    """Start everything, measure, print a line, remove it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schedules", type=int, default=10_000)
    parser.add_argument("--spread", type=float, default=60)
    parser.add_argument("--dispatchers", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="schedules-benchmark-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        running: list[targets.Target] = []
        dispatchers: list[subprocess.Popen[bytes]] = []
        try:
            upstream = targets.upstream()
            running.append(upstream)
            built = world.build(folder, upstream_port=upstream.port, services=10, keys=10)
            gateway = targets.gateway(built.environment, key=built.key, path=world.PATH)
            running.append(gateway)
            os.environ |= {**built.environment, "GATEWAY_INTERNAL_URL": f"http://127.0.0.1:{gateway.port}"}
            command = [sys.executable, "manage.py", "dispatch"]
            dispatchers += [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(arguments.dispatchers)]
            import django

            django.setup()
            from benchmarks.schedules import measure

            measure.report(arguments.schedules, arguments.spread, arguments.dispatchers)
        finally:
            for dispatcher in dispatchers:
                dispatcher.terminate()
            for dispatcher in dispatchers:
                dispatcher.wait(30)
            for target in reversed(running):
                target.stop()
            world.stop(folder)


if __name__ == "__main__":
    main()
