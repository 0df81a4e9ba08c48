"""Holds JSON against the annotations of Stripe's library: names, types, words of an enumeration, what must be there.

A field that may be None may also be missing: the library does not tell the two apart.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import types
import typing
from decimal import Decimal
from typing import Any, ForwardRef, Literal, Union, get_args, get_origin

from stripe import ListObject, StripeObject
from stripe._object_classes import get_object_class
from stripe._stripe_object import UntypedStripeObject

_SCALARS: dict[type, tuple[type, ...]] = {str: (str,), bool: (bool,), float: (float, int), Decimal: (str,)}


def problems(value: dict[str, Any]) -> list[str]:
    """Return what is wrong with an object, which says itself what it is; [] when nothing is."""
    kind = value.get("object")
    if kind == "list":
        return [problem for row in value["data"] for problem in problems(row)]
    found = get_object_class("V1", str(kind))
    if kind != found.OBJECT_NAME:
        return [f"{kind}: the library has no such object"]
    return _of_class(value, found, str(kind))


def problems_of(value: dict[str, Any], model: type) -> list[str]:
    """Return what is wrong with a value of a class that the value does not name, such as an error."""
    return _of_class(value, model, model.__name__)


def _of_class(value: Any, model: type, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: {value!r} is no {model.__name__}"]
    fields = _fields(model)
    found = [f"{path}.{name}: the library does not know it" for name in value if name not in fields]
    for name, annotation in fields.items():
        if name in value:
            found += _check(value[name], annotation, f"{path}.{name}", model)
        elif type(None) not in get_args(annotation):
            found.append(f"{path}.{name}: missing")
    if model.__name__ == "Event" and not found:
        found += problems(value["data"]["object"])
    return found


@functools.cache
def _fields(model: type) -> dict[str, Any]:
    """Return the annotations of the fields, without what the library keeps for itself."""
    return {
        name: annotation
        for name, annotation in inspect.get_annotations(model).items()
        if not name.startswith("_") and get_origin(annotation) is not typing.ClassVar
    }


def _check(value: Any, annotation: Any, path: str, owner: type) -> list[str]:
    """Return the problems of a value, [] when one of the annotation's alternatives fits."""
    choices = _alternatives(annotation)
    tries = [_fits(value, choice, path, owner) for choice in choices]
    if [] in tries:
        return []
    # of several, the one that comes nearest is worth telling of
    return min(tries, key=len) if tries else [f"{path}: {value!r}"]


def _alternatives(annotation: Any) -> list[Any]:
    """Return what a union is of. Where words are listed, `str` beside them is only for words that are yet to come."""
    if get_origin(annotation) not in (Union, types.UnionType):
        return [annotation]
    choices = [choice for part in get_args(annotation) for choice in _alternatives(part)]
    has_words = any(get_origin(choice) is Literal for choice in choices)
    return [choice for choice in choices if not (has_words and choice is str)]


def _fits(value: Any, choice: Any, path: str, owner: type) -> list[str]:
    if isinstance(choice, ForwardRef | str):
        choice = _resolved(choice if isinstance(choice, str) else choice.__forward_arg__, owner)
    origin = get_origin(choice) or choice
    if choice is Any:
        return []
    if choice is type(None):
        return [] if value is None else [f"{path}: {value!r} is not null"]
    if origin is Literal:
        return [] if value in get_args(choice) else [f"{path}: {value!r} is none of {get_args(choice)[:8]}"]
    if origin is list:
        return _all_fit(value, get_args(choice)[0], path, owner)
    if origin is ListObject:
        return _list_fits(value, get_args(choice)[0], path, owner)
    if origin is UntypedStripeObject:
        return _table_fits(value, get_args(choice)[0], path, owner)
    if choice is int:
        return [] if isinstance(value, int) and not isinstance(value, bool) else [f"{path}: {value!r} is no int"]
    if choice in _SCALARS:
        is_right = isinstance(value, _SCALARS[choice]) and (choice is bool or not isinstance(value, bool))
        return [] if is_right else [f"{path}: {value!r} is no {choice.__name__}"]
    assert isinstance(choice, type), f"{path}: cannot judge {choice!r}"
    assert issubclass(choice, StripeObject), f"{path}: cannot judge {choice!r}"
    return _of_class(value, choice, path)


def _all_fit(value: Any, inner: Any, path: str, owner: type) -> list[str]:
    if not isinstance(value, list):
        return [f"{path}: {value!r} is no list"]
    return [problem for place, row in enumerate(value) for problem in _check(row, inner, f"{path}[{place}]", owner)]


def _list_fits(value: Any, inner: Any, path: str, owner: type) -> list[str]:
    if not isinstance(value, dict) or set(value) != {"object", "data", "has_more", "url"}:
        return [f"{path}: {value!r} is no list object"]
    return _all_fit(value["data"], inner, f"{path}.data", owner)


def _table_fits(value: Any, inner: Any, path: str, owner: type) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: {value!r} is no table"]
    return [problem for name, row in value.items() for problem in _check(row, inner, f"{path}.{name}", owner)]


def _resolved(name: str, owner: type) -> Any:
    """Return the class of a name in the library's module of the owner, where it is imported for type checkers only."""
    module = importlib.import_module(owner.__module__)
    if hasattr(module, name):
        return getattr(module, name)
    source, original = _imports(owner.__module__)[name]
    return getattr(importlib.import_module(source), original)


@functools.cache
def _imports(module: str) -> dict[str, tuple[str, str]]:
    """Return name -> (module, original name) of every import in a module of the library."""
    tree = ast.parse(inspect.getsource(importlib.import_module(module)))
    return {
        alias.asname or alias.name: (str(node.module), alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
