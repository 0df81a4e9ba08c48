"""Printed pages. WeasyPrint needs libraries of the system, so it is loaded when a page is printed and not before:
nothing else shall fail for want of them. `engine` holds what is printed with.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from common.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from weasyprint import Document


class LibraryMissing(DomainError):
    """The system libraries of WeasyPrint are not there."""

    code = "pdf_library_missing"
    sentence = (
        "PDF files need Pango ({reason}). Install it: apt-get install"
        " libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core"
    )


class FetchRefused(Exception):
    """A page asked for something from elsewhere."""


def laid_out(page: str, style: str, *, variant: str, pictures: Mapping[str, bytes] | None = None) -> Document:
    """Return the pages of an HTML text with a style sheet, tagged when they are written with `pdf_tags=True`.

    Nothing is fetched but `pictures`, {address: SVG}. Equal input gives equal bytes in every process.
    Raises: LibraryMissing, FetchRefused.
    """
    try:
        engine = import_module("common.pdf.engine")
    except OSError as error:
        raise LibraryMissing(reason=str(error).splitlines()[0][:200]) from error
    document: Document = engine.laid_out(page, style, variant=variant, pictures=pictures or {})
    return document
