"""Every public method and command of the sellers' package, as the package itself has them."""

from __future__ import annotations

import typer.main
import unitysvc_sellers
from click import Command
from unitysvc_sellers.cli import app

from tests.clients.surface import methods

#: Parts that never call the marketplace: errors, the command line, and what works on files or asks public model lists.
_NOT_CALLS = frozenset({"exceptions", "cli", "commands", "example", "model_data", "params_render", "upload"})


def seller_methods(kind: str) -> set[str]:
    """Return the methods of a client and of every object that it returns, as "Class.method"."""
    return methods(kind, unitysvc_sellers, _NOT_CALLS)


def seller_commands() -> set[str]:
    """Return the commands, as "group command"."""
    return set(_below(typer.main.get_command(app), ()))


def _below(of: Command, before: tuple[str, ...]) -> list[str]:
    inner = getattr(of, "commands", None)
    if inner is None:
        return [" ".join(before)]
    return [each for name, command in inner.items() for each in _below(command, (*before, name))]
