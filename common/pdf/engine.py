"""WeasyPrint, kept from fetching anything. Importing this module loads Pango."""

from __future__ import annotations

from collections.abc import Mapping

from weasyprint import CSS, HTML, Document
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from common.pdf import FetchRefused


class PicturesAlone(URLFetcher):
    """pictures: {address: SVG}. No address leads out of this mapping: no file, no network, no data in an address."""

    def __init__(self, pictures: Mapping[str, bytes]) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False)
        self._pictures = pictures

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        if url not in self._pictures:
            raise FatalURLFetchingError(f"A printed page loads nothing: {url[:100]}")
        return URLFetcherResponse(url, self._pictures[url], {"Content-Type": "image/svg+xml"})


def laid_out(page: str, style: str, *, variant: str, pictures: Mapping[str, bytes]) -> Document:
    """Return the pages of an HTML text. Raises: FetchRefused."""
    fetcher = PicturesAlone(pictures)
    try:
        sheet = CSS(string=style, url_fetcher=fetcher)
        return HTML(string=page, url_fetcher=fetcher).render(stylesheets=[sheet], pdf_variant=variant)
    except FatalURLFetchingError as error:  # no Exception: it would end the whole worker
        raise FetchRefused(str(error)) from error
