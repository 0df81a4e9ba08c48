"""What runs beside each other need: an upstream, and a database with services and keys, for as long as they last."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.gateway import targets, world
from benchmarks.gateway.targets import Target
from benchmarks.gateway.world import World


@dataclass
class Stage:
    """running: what is stopped at the end; the upstream is the first of them."""

    folder: Path
    running: list[Target] = field(default_factory=list)


@contextlib.contextmanager
def built(*, services: int, keys: int) -> Iterator[tuple[Stage, World]]:
    """Keep all but what is measured on the first core, and end everything afterwards."""
    targets.keep_to(0)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        stage = Stage(Path(name))
        stage.folder.chmod(0o755)
        try:
            upstream = targets.upstream()
            stage.running.append(upstream)
            yield stage, world.build(stage.folder, upstream_port=upstream.port, services=services, keys=keys)
        finally:
            for target in reversed(stage.running):
                target.stop()
            world.stop(stage.folder)
