"""The printed statement: one template, one call of WeasyPrint. Tagged PDF/A-3 with the electronic invoice inside.

It fetches nothing, and the same statement gives the same bytes in every process: no clock and no random takes part.
Importing this module loads Pango; whoever can do without does not (services/rendering.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MethodType
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from weasyprint import CSS, HTML, Attachment, Document
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from billing.statements.contents import Contents

_TEMPLATE = "billing/statements/statement_pdf.html"
_STYLE = "billing/statements/statement_pdf.css"
_LOGO = "logo:platform"
_INVOICE_NAME = "factur-x.xml"
_VARIANT = "pdf/a-3a"


class FetchRefused(Exception):
    """A page asked for something from elsewhere."""


class LogoAlone(URLFetcher):
    """pictures: {address: SVG}. No address leads out of this mapping: no file, no network, no data in an address."""

    def __init__(self, pictures: Mapping[str, bytes]) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False)
        self._pictures = pictures

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        if url not in self._pictures:
            raise FatalURLFetchingError(f"A statement loads nothing: {url[:100]}")
        return URLFetcherResponse(url, self._pictures[url], {"Content-Type": "image/svg+xml"})


def written(contents: Contents, *, invoice: bytes | None) -> bytes:
    """Return the PDF of a frozen statement. invoice: the XML that goes into it."""
    page = render_to_string(_TEMPLATE, {"statement": contents, "logo": _LOGO, "site_name": settings.SITE_NAME})
    document = laid_out(page)
    _describe(document, has_invoice=invoice is not None)
    content: bytes = document.write_pdf(
        pdf_variant=_VARIANT, pdf_tags=True, attachments=[_attachment(contents, invoice)] if invoice else []
    )
    return content


def laid_out(page: str) -> Document:
    """Return the pages of an HTML text. Raises: FetchRefused."""
    logo = (settings.BASE_DIR / "static" / "icon.svg").read_bytes()
    fetcher = LogoAlone({_LOGO: logo})
    try:
        style = CSS(string=render_to_string(_STYLE), url_fetcher=fetcher)
        return HTML(string=page, url_fetcher=fetcher).render(stylesheets=[style], pdf_variant=_VARIANT)
    except FatalURLFetchingError as error:  # no Exception: it would end the whole worker
        raise FetchRefused(str(error)) from error


def _attachment(contents: Contents, invoice: bytes) -> Attachment:
    return Attachment(
        string=invoice,
        name=_INVOICE_NAME,
        description="Factur-X",
        created=contents.issued_at,
        modified=contents.issued_at,
        relationship="Alternative",
    )


def _describe(document: Document, *, has_invoice: bool) -> None:
    """Say in the file's metadata that it is PDF/UA as well, and what the invoice inside is."""
    write = document.metadata.generate_rdf_metadata
    more = render_to_string("billing/statements/statement_xmp.xml", {"invoice_name": _INVOICE_NAME * has_invoice})

    def with_more(_: Any, *arguments: Any) -> bytes:
        rdf: bytes = write(*arguments)
        return rdf.replace(b"</rdf:RDF>", more.encode() + b"</rdf:RDF>")

    document.metadata.generate_rdf_metadata = MethodType(with_more, document.metadata)
