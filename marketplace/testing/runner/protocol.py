"""What a runner of scripts does, and the one that does nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

#: What is kept of each stream of a script.
OUTPUT_BYTES = 16 * 1024


class RunnerMissing(Exception):
    """No script can be run here. Says why, in a sentence."""


@dataclass(frozen=True, slots=True)
class Script:
    """text: rendered. language: python, javascript or bash. environment: all that it sees; never logged."""

    text: str
    language: str
    environment: dict[str, str] = field(repr=False)
    timeout_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Finished:
    """How a script ended. exit_code: None when it was stopped; error: then why, in a sentence. The streams are cut."""

    exit_code: int | None
    stdout: str
    stderr: str
    error: str = ""
    duration_ms: int = 0


class Runner(Protocol):
    """Runs a script where it reaches the gateway and nothing else."""

    @property
    def is_switched_on(self) -> bool: ...

    @property
    def gateway(self) -> str:
        """The address of the gateway, as scripts see it."""
        ...

    def run(self, script: Script) -> Finished:
        """Run a script to its end. Raises: RunnerMissing."""
        ...


class NoRunner:
    """The default: scripts run on the machines of their sellers."""

    is_switched_on = False
    gateway = ""
    SENTENCE = (
        "Scripts are not run by this platform. Run it on your machine with 'usvc seller specs run-tests', "
        "and report the result."
    )

    def run(self, script: Script) -> Finished:
        """Say that nobody does it. Raises: RunnerMissing."""
        raise RunnerMissing(self.SENTENCE)
