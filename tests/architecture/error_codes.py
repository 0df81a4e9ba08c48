"""docs/errors.md, made from the errors themselves: `python -m tests.architecture.error_codes` writes it anew."""

from __future__ import annotations

import ast
import importlib
import os
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass

from tests.architecture import house

PAGE = house.ROOT / "docs" / "errors.md"
_DJANGO_FLOORS = ["common", "accounts", "billing", "marketplace", "gateway_admin"]
_HEAD = """\
# Errors

Every answer that is not a success has a code. Codes stay; sentences may be worded better. This page is made from the
errors themselves (`make docs`), and the suite fails when it is out of date.

"""


@dataclass(frozen=True, order=True)
class Row:
    """One error: its code, the HTTP status and what it says; {words} in the sentence are facts of the case."""

    code: str
    status: int
    sentence: str

    def __str__(self) -> str:
        sentence = self.sentence.replace("|", "\\|")
        return f"| `{self.code}` | {self.status} | {sentence} |"


def page() -> str:
    """Return the page."""
    head = "| code | status | says |\n| --- | --- | --- |\n"
    parts = [
        _HEAD,
        "## Pages and APIs\n\n",
        head,
        *(f"{row}\n" for row in sorted(set(domain_errors()))),
        "\n## Gateway\n\nWhat the upstream answers is passed on as it is. These are the gateway's own.\n\n",
        head,
        *(f"{row}\n" for row in sorted(set(gateway_errors()))),
    ]
    return "".join(parts)


def domain_errors() -> Iterator[Row]:
    """Yield what people and programs get from pages and APIs."""
    from common.errors import DomainError
    from common.http import STATUS

    for floor in _DJANGO_FLOORS:
        package = importlib.import_module(floor)
        for module in pkgutil.walk_packages(package.__path__, f"{floor}."):
            if ".migrations" not in module.name and ".management" not in module.name:
                importlib.import_module(module.name)
    for kind in _below(DomainError):
        yield Row(kind.code, STATUS.get(kind.code, 400), kind.sentence)


def _below(kind: type) -> Iterator[type]:
    for child in kind.__subclasses__():
        if child.__module__.partition(".")[0] in _DJANGO_FLOORS:
            yield child
        yield from _below(child)


def gateway_errors() -> Iterator[Row]:
    """Yield the gateway's own answers, read from where they are made."""
    for path, tree in house.sources():
        if path.relative_to(house.ROOT).parts[0] in {"gateway", "domain"}:
            functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
            yield from (row for function in functions for row in _made_in(function))
    yield from _upstream_errors()


def _made_in(function: ast.AST) -> Iterator[Row]:
    """Yield the errors that a function makes: GatewayError and Refusal give a status, BadPath only a code."""
    messages: dict[int, ast.expr] = {
        node.lineno: node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "message"
    }
    for call in house.calls(function):
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        if (
            name in {"GatewayError", "Refusal", "_refused", "_stop", "_error"}
            and len(call.args) >= 3
            and isinstance(call.args[0], ast.Constant)
        ):
            status, code, sentence = int(str(call.args[0].value)), house.literal(call.args[1]), call.args[2]
        elif name == "BadPath" and len(call.args) >= 2:
            code, sentence = house.literal(call.args[0]), call.args[1]
            status = 404 if code == "unknown_prefix" else 400
        else:
            continue
        above = [line for line in messages if line < call.lineno]
        if isinstance(sentence, ast.Name) and above:
            sentence = messages[max(above)]
        if code:
            yield Row(code, status, _words(sentence))


def _upstream_errors() -> Iterator[Row]:
    """Yield what is answered when the upstream did not."""
    from gateway.telling import upstream_failed
    from gateway.upstream.errors import UpstreamError

    for kind in UpstreamError.__subclasses__():
        if kind.__module__ != UpstreamError.__module__:
            continue  # of an upload: it is refused in the words of what ended it
        error = kind.__new__(kind)
        error.message = ""
        meaning = (kind.__doc__ or "").split("\n")[0]
        yield Row(kind.code, upstream_failed(error).status, meaning)


def _words(sentence: ast.expr) -> str:
    """Return the text of a sentence as it stands in the source, with the names of its facts in braces."""
    if isinstance(sentence, ast.Constant):
        return str(sentence.value)
    if isinstance(sentence, ast.JoinedStr):
        return "".join(_words(part) for part in sentence.values)
    if isinstance(sentence, ast.FormattedValue):
        return "{" + _fact(sentence.value) + "}"
    return "(a sentence about the case)"


def _fact(node: ast.expr) -> str:
    """Return the last name in an expression: what the fact is called."""
    match node:
        case ast.Attribute():
            return node.attr
        case ast.Call() if node.args:
            return _fact(node.args[0])
        case ast.Subscript() | ast.Call():
            return _fact(node.value if isinstance(node, ast.Subscript) else node.func)
    return ast.unparse(node).strip("_").lower()


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    import django

    django.setup()
    PAGE.write_text(page())
