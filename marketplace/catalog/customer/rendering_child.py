"""Renders one template and ends.

{"template", "context", "writes_json"} on standard input, {"text"} or {"error"} on standard output. Run by `rendering`
as a script. It imports nothing of the platform, and bounds itself before it reads what it was given.
"""

import json
import resource
import sys
from typing import Any

from jinja2 import StrictUndefined, TemplateError, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment, SecurityError
from markupsafe import Markup

_CPU_SECONDS = 2
_MEMORY_BYTES = 512 * 1024 * 1024
_OUTPUT_CHARACTERS = 1024 * 1024


def main() -> None:
    """Render what comes in, within bounds."""
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))
    json.dump(_answer(json.load(sys.stdin)), sys.stdout)


def _answer(work: dict[str, Any]) -> dict[str, str]:
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)
    if work.get("writes_json"):
        environment.finalize = _as_json
    try:
        pieces, size = [], 0
        for piece in environment.from_string(work["template"]).generate(work["context"]):
            size += len(piece)
            if size > _OUTPUT_CHARACTERS:
                return {"error": "The template writes more than 1 MiB."}
            pieces.append(piece)
        return {"text": "".join(pieces)}
    except (TemplateError, SecurityError) as error:
        return {"error": f"The template cannot be rendered: {error}"}
    except (MemoryError, RecursionError, ValueError, TypeError, ArithmeticError, OverflowError) as error:
        return {"error": f"The template cannot be rendered: {type(error).__name__}: {error}"}


def _as_json(value: Any) -> Any:
    """Return a value as JSON writes it; what `tojson` has written, and names without a value, as they are."""
    if isinstance(value, (Markup, Undefined)):
        return value
    return json.dumps(value)[1:-1] if isinstance(value, str) else json.dumps(value)


if __name__ == "__main__":
    main()
