"""The printed invoice of a seller: one template, one call of WeasyPrint. Tagged; it fetches nothing."""

from __future__ import annotations

from django.conf import settings
from django.template.loader import render_to_string

from billing.payouts.models import Invoice
from common import pdf

_VARIANT = "pdf/ua-1"


def rendered(invoice: Invoice) -> bytes:
    """Return an invoice as a PDF. The same state of it gives the same bytes. Raises: pdf.LibraryMissing."""
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
    content: bytes = pdf.laid_out(page, style, variant=_VARIANT).write_pdf(
        pdf_variant=_VARIANT, pdf_tags=True, pdf_identifier=str(invoice.pk).encode()
    )
    return content
