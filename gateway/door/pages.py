"""The pages' side of a connection: their requests stay uvicorn's, and become ASGI."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.context import Headers


class PageProtocol(HttpToolsProtocol):
    """uvicorn's own protocol, with a way in for a head that was read by us."""

    def begin_page(self, target: bytes, headers: Headers) -> None:
        """Let the ASGI application beside the gateway have a request."""
        HttpToolsProtocol.on_message_begin(self)
        HttpToolsProtocol.on_url(self, target)
        for name, value in headers:
            HttpToolsProtocol.on_header(self, name, value)
        HttpToolsProtocol.on_headers_complete(self)

    @property
    def has_page_under_way(self) -> bool:
        """Return whether a page is being answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def close_after_page(self) -> None:
        """Let the page that is under way be the last."""
        if self.cycle is not None:
            self.cycle.keep_alive = False
