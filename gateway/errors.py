"""Why a call was not answered by its upstream. Each error knows its status, its code and what to do next."""

from __future__ import annotations


class GatewayError(Exception):
    """status: HTTP; code: one word; message: a sentence that names the mend; page: where it can be done."""

    def __init__(
        self, status: int, code: str, message: str, *, page: str = "", retry_after_seconds: int | None = None
    ) -> None:
        self.status, self.code, self.message = status, code, message
        self.page, self.retry_after_seconds = page, retry_after_seconds
        super().__init__(message)
