"""Every public method and command of the published package, as the package itself has them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from types import ModuleType

import typer
import unitysvc
from unitysvc.cli import app

from tests.clients.driven import called

#: Parts of the package that call nothing: its errors, and how commands of other packages are found.
_NOT_CALLS = frozenset({"exceptions", "cli", "commands"})
#: What was generated from a document, and what other packages hang in.
_NOT_WRITTEN = frozenset({"_generated", "_plugins"})


def methods(kind: str, package: ModuleType = unitysvc, without: frozenset[str] = _NOT_CALLS) -> set[str]:
    """Return the methods of a client and of every object that it returns, as "Class.method"."""
    found = set[str]()
    for part in pkgutil.iter_modules(package.__path__):
        if part.name in without | _NOT_WRITTEN:
            continue
        module = importlib.import_module(f"{package.__name__}.{part.name}")
        for name, of in inspect.getmembers(module, inspect.isclass):
            is_asynchronous = name.startswith("Async")
            if of.__module__ == module.__name__ and name[0] != "_" and is_asynchronous == (kind == "async"):
                found |= {called(of, each) for each, _ in inspect.getmembers(of, inspect.isroutine) if each[0] != "_"}
    return found


def commands(of: typer.Typer = app, before: tuple[str, ...] = ()) -> set[str]:
    """Return the commands of `usvc`, as "group command"; those that other packages add are not among them."""
    found = {" ".join([*before, str(each.name)]) for each in of.registered_commands}
    for group in of.registered_groups:
        assert group.typer_instance is not None
        found |= commands(group.typer_instance, (*before, str(group.name)))
    return found
