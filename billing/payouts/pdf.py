"""The printed invoice of a seller: one template, one call of WeasyPrint. Tagged; it fetches nothing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from billing.payouts.models import Invoice
from common.errors import DomainError


class LibraryMissing(DomainError):
    """The system libraries of WeasyPrint are not there."""

    code = "pdf_library_missing"
    sentence = (
        "PDF files need Pango ({reason}). Install it: apt-get install"
        " libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core"
    )


def rendered(invoice: Invoice) -> bytes:
    """Return an invoice as a PDF. The same state of it gives the same bytes. Raises: LibraryMissing."""
    page = render_to_string(
        "billing/payouts/invoice_pdf.html",
        {
            "invoice": invoice,
            "lines": list(invoice.lines.all()),
            "adjustments": list(invoice.adjustments.all()),
            "issuer": settings.PLATFORM_NAME,
            "issuer_lines": [line.strip() for line in settings.PLATFORM_ADDRESS.split(";")],
            "issuer_country": settings.PLATFORM_COUNTRY,
            "issuer_tax_id": settings.PLATFORM_TAX_ID,
            "tax_note": settings.PLATFORM_TAX_NOTE,
        },
    )
    style = render_to_string("billing/payouts/invoice_pdf.css", {"invoice": invoice})
    weasyprint, fetching = _library()
    # no protocol is allowed: whatever a name or note would ask for is not loaded
    fetcher = fetching.URLFetcher(allowed_protocols=(), allow_redirects=False)
    content: bytes = weasyprint.HTML(string=page, url_fetcher=fetcher).write_pdf(
        stylesheets=[weasyprint.CSS(string=style, url_fetcher=fetcher)],
        pdf_variant="pdf/ua-1",
        pdf_tags=True,
        pdf_identifier=str(invoice.pk).encode(),
    )
    return content


def _library() -> tuple[Any, Any]:
    """Load WeasyPrint now and not with this module: pages without a PDF do not need its system libraries."""
    try:
        return import_module("weasyprint"), import_module("weasyprint.urls")
    except OSError as error:
        raise LibraryMissing(reason=str(error)[:200]) from error
