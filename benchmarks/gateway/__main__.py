"""Measure, side by side and in turn: the upstream itself, nginx, the gateway. Figures are medians over rounds.

"kernel" is the processor time of the kernel's own workers, which sync files for the gateway, and for PostgreSQL. "late"
is how late the load itself asked, in the slowest hundredth: it is in the latencies, and no server's doing.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys

from benchmarks.gateway import stage, targets, world
from benchmarks.gateway.targets import Target

#: What is asked: a small prompt, 32 KiB of it, or a stream of events (`upstream.EVENTS` of them a call).
SHAPES: dict[str, list[str]] = {"json": [], "large": ["--words", "6554"], "stream": ["--stream"]}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--rate", type=int, default=0, help="calls a second; 0: as many as there can be")
    parser.add_argument("--shape", choices=list(SHAPES), default="json")
    parser.add_argument("--workers", type=int, default=1, help="gateway processes on the port")
    parser.add_argument("--services", type=int, default=1000)
    parser.add_argument("--keys", type=int, default=1000)
    arguments = parser.parse_args()
    with stage.built(services=arguments.services, keys=arguments.keys) as (on, built):
        running = on.running
        if (nginx := targets.nginx(running[0].port, on.folder)) is not None:
            running.append(nginx)
        running.append(targets.gateway(built.environment, key=built.key, path=world.PATH, workers=arguments.workers))
        for target in running[1:]:
            target.pin(1)
        for connections in arguments.connections:
            _report(
                running,
                connections,
                arguments.rounds,
                arguments.seconds,
                [*SHAPES[arguments.shape], "--rate", str(arguments.rate)],
            )
        for target in running:
            print(f"memory of {target.name}: {target.resident_mb():.0f} MB")


def _report(running: list[Target], connections: int, rounds: int, seconds: float, shape: list[str]) -> None:
    samples: dict[str, list[dict[str, float]]] = {target.name: [] for target in running}
    for number in range(rounds):
        # alternating order: a drift of the machine's speed hits everybody alike
        for target in running if number % 2 == 0 else reversed(running):
            samples[target.name].append(_sample(target, connections, seconds, shape))
    medians = {
        name: {key: statistics.median(each[key] for each in of) for key in of[0]} for name, of in samples.items()
    }
    base, nginx = medians["direct"], medians.get("nginx")
    print(f"\n{connections} connections, {rounds} rounds of {seconds:g} s")
    heads = ("CPU us", "kernel", "calls/s", "x direct", "x nginx", "p50 us", "added", "p99 us", "late", "failed")
    print(f"{'':10}" + "".join(f"{head:>10}" for head in heads))
    for name, of in medians.items():
        times_nginx = f"{of['per_second'] / nginx['per_second']:.3f}" if nginx else "-"
        figures = (
            f"{of['cpu_us']:.1f}",
            f"{of['kernel_us']:.1f}",
            f"{of['per_second']:.0f}",
            f"{of['per_second'] / base['per_second']:.3f}",
            times_nginx,
            f"{of['p50_us']:.0f}",
            f"{of['p50_us'] - base['p50_us']:.0f}",
            f"{of['p99_us']:.0f}",
            f"{of['late_p99_us']:.0f}",
            f"{of['failures']:.0f}",
        )
        print(f"{name:10}" + "".join(f"{figure:>10}" for figure in figures))
    if nginx:
        ours, theirs = medians["gateway"], nginx
        alone = theirs["cpu_us"] / ours["cpu_us"]
        with_workers = (theirs["cpu_us"] + theirs["kernel_us"]) / (ours["cpu_us"] + ours["kernel_us"])
        print(f"nginx / gateway by processor time a call: {alone:.3f}; with the kernel's workers {with_workers:.3f}")


def _sample(target: Target, connections: int, seconds: float, shape: list[str]) -> dict[str, float]:
    before, kernel_before = target.cpu_seconds(), targets.kernel_seconds()
    # on a shared machine the processor time a call is the measure
    command = [
        sys.executable,
        "-m",
        "benchmarks.gateway.load",
        "--port",
        str(target.port),
        "--path",
        target.path,
    ]
    command += ["--key", target.key, "--connections", str(connections), "--seconds", str(seconds), *shape]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    figures: dict[str, float] = json.loads(printed)
    calls = max(figures["requests"], 1)
    figures["cpu_us"] = (target.cpu_seconds() - before) / calls * 1e6
    figures["kernel_us"] = (targets.kernel_seconds() - kernel_before) / calls * 1e6
    return figures


if __name__ == "__main__":
    main()
