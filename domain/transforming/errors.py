"""Why a transformer cannot be read, or does not fit a call."""

from __future__ import annotations


class TransformerInvalid(ValueError):
    """What a seller wrote is not in the language. path: where below `request_transformer`; fix: how to mend it."""

    def __init__(self, message: str, *, fix: str = "", path: tuple[str, ...] = ()) -> None:
        self.message, self.fix, self.path = message, fix, path
        super().__init__(f"{message} {fix}".strip())


class TransformFailed(ValueError):
    """A transformer that reads well cannot be applied to this body. Never quotes a value."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)
