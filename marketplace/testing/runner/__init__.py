"""Who runs the scripts of sellers on our machines: nobody, unless the operator has switched a runner on."""

from __future__ import annotations

from django.conf import settings

from marketplace.testing.runner.bubblewrap import BubblewrapRunner
from marketplace.testing.runner.protocol import Finished, NoRunner, Runner, RunnerMissing, Script

__all__ = ["Finished", "NoRunner", "Runner", "RunnerMissing", "Script", "configured"]


def configured() -> Runner:
    """Return the runner that the settings name. Raises: RunnerMissing for one that there is not."""
    name = settings.TEST_RUNNER
    if name == "none":
        return NoRunner()
    if name == "bubblewrap":
        return BubblewrapRunner(
            gateway=settings.GATEWAY_INTERNAL_URL,
            program=settings.TEST_RUNNER_PROGRAM,
            packages=settings.TEST_RUNNER_PACKAGES,
            uid=settings.TEST_RUNNER_UID,
        )
    raise RunnerMissing(f"TEST_RUNNER names {name!r}. Known are none and bubblewrap.")
