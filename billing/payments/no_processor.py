"""What stands in when no processor is set up: it says so, whatever it is asked."""

from __future__ import annotations

from typing import Any, NoReturn

from billing.payments.processor import NotSetUp


class NoProcessor:
    """A `Processor` whose every call raises NotSetUp."""

    is_set_up = False
    is_live = False
    is_pretended = False

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return _refuse


def _refuse(*_: object, **__: object) -> NoReturn:
    raise NotSetUp("Cards are not set up here. Ask the operators of this marketplace.", code="not_set_up")
