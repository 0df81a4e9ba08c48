"""`python -m benchmarks.gateway.growth`: what a call costs when few services and keys are called, and when many are.

Two gateways with the same records beside each other, through sockets: of one the first few services are called, each
with a key of its own, of the other all, by turns. Every connection sends another key and path each time, so nothing is
known of a head before it comes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks.gateway import stage, targets, world
from benchmarks.gateway.targets import Target

_CONNECTIONS = 64
_FOREVER = 3600


def main() -> None:
    """Print the processor time of a call on both sides, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", type=int, default=1000)
    parser.add_argument("--many", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=2)
    arguments = parser.parse_args()
    with stage.built(services=arguments.many, keys=arguments.many) as (on, built):
        sides = {}
        for count in (arguments.few, arguments.many):
            environment = built.environment | {"GATEWAY_SPOOL_DIR": str(on.folder / f"spool-{count}")}
            side = targets.gateway(environment, key=built.key, path=world.PATH)
            side.pin(1)
            on.running.append(side)
            sides[count] = side
        _measure(sides, built.calls, arguments.rounds, arguments.seconds)


def _measure(sides: dict[int, Target], calls: Path, rounds: int, seconds: float) -> None:
    for count, side in sides.items():
        # the first call of each reads its records, the second makes its plan
        _load(side, calls, count, ["--seconds", str(_FOREVER), "--requests", str(2 * count + _CONNECTIONS)])
    taken: dict[int, list[float]] = {count: [] for count in sides}
    for number in range(rounds):
        for count, side in list(sides.items()) if number % 2 == 0 else reversed(list(sides.items())):
            before = side.cpu_seconds()
            made = _load(side, calls, count, ["--seconds", str(seconds)])
            taken[count].append((side.cpu_seconds() - before) / made * 1e6)
    few, many = sides
    for count, side in sides.items():
        print(f"{count:8} called by turns: {statistics.median(taken[count]):.1f} us, {side.resident_mb():.0f} MB")
    ratio = statistics.median(more / less for less, more in zip(taken[few], taken[many], strict=True))
    print(f"{many} / {few}: {ratio:.2f}")


def _load(side: Target, calls: Path, among: int, limits: list[str]) -> float:
    """Call, and return how many calls were made."""
    command = [sys.executable, "-m", "benchmarks.gateway.load", "--port", str(side.port)]
    command += ["--calls", str(calls), "--among", str(among), "--connections", str(_CONNECTIONS), *limits]
    figures = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    if figures["failures"]:
        raise SystemExit(f"{figures['failures']:.0f} of {figures['requests']:.0f} calls failed.")
    return float(figures["requests"])


if __name__ == "__main__":
    main()
