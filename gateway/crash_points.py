"""Named moments at which a process may die. Tests install what happens there; otherwise nothing does."""

from __future__ import annotations

from collections.abc import Callable

#: Every name, in the order in which an event passes them.
NAMES = (
    "spool.before_write",
    "spool.after_write",
    "spool.after_sync",
    "spool.after_settle",
    "spool.after_rotate",
    "call.before_upstream",
    "call.before_final",
    "call.after_final",
    "ship.before_insert",
    "ship.after_insert",
    "ship.after_confirm",
    "spool.before_unlink",
    "spool.after_unlink",
    "spool.after_carry_over",
)

_installed: Callable[[str], None] | None = None


def install(reached: Callable[[str], None] | None) -> None:
    """Call `reached` with the name of every moment that comes by; for tests."""
    global _installed
    _installed = reached


def reach(name: str) -> None:
    """Say that a moment has come."""
    if _installed is not None:
        _installed(name)
