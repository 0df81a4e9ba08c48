"""The printed statement: one template, one call of WeasyPrint. Tagged PDF/A-3 with the electronic invoice inside.

It fetches nothing, and the same statement gives the same bytes in every process: no clock and no random takes part.
"""

from __future__ import annotations

from types import MethodType
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.template.loader import render_to_string

from billing.statements.contents import Contents
from common import pdf

if TYPE_CHECKING:
    from weasyprint import Attachment, Document

_TEMPLATE = "billing/statements/statement_pdf.html"
_STYLE = "billing/statements/statement_pdf.css"
_LOGO = "logo:platform"
_INVOICE_NAME = "factur-x.xml"
_VARIANT = "pdf/a-3a"


def written(contents: Contents, *, invoice: bytes | None) -> bytes:
    """Return the PDF of a frozen statement. invoice: the XML that goes into it. Raises: pdf.LibraryMissing."""
    page = render_to_string(_TEMPLATE, {"statement": contents, "logo": _LOGO, "site_name": settings.SITE_NAME})
    document = laid_out(page)
    _describe(document, has_invoice=invoice is not None)
    content: bytes = document.write_pdf(
        pdf_variant=_VARIANT, pdf_tags=True, attachments=[_attachment(contents, invoice)] if invoice else []
    )
    return content


def laid_out(page: str) -> Document:
    """Return the pages of an HTML text. Raises: pdf.LibraryMissing, pdf.FetchRefused."""
    logo = (settings.BASE_DIR / "static" / "icon.svg").read_bytes()
    return pdf.laid_out(page, render_to_string(_STYLE), variant=_VARIANT, pictures={_LOGO: logo})


def _attachment(contents: Contents, invoice: bytes) -> Attachment:
    from weasyprint import Attachment  # loads Pango: `laid_out` has done so, and has told when it is not there

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
