"""What the embedded machine says when it cannot start."""

from __future__ import annotations


class EngineMissing(Exception):
    """No embedded build and no binary on this machine, or one that did not start."""
