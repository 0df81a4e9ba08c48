"""Renders frozen statements, once. What was written stays: the same bytes for every download."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import transaction

from billing.statements import invoice, pdf, queries, tables
from billing.statements.contents import Contents
from billing.statements.models import FileKind, Statement, StatementFile
from common import jobs
from common.errors import DomainError
from common.pdf import LibraryMissing

logger = logging.getLogger(__name__)

#: The PDF last: once it is there, all of them are.
_ORDER = (FileKind.XML, FileKind.CSV, FileKind.JSON, FileKind.PDF)


class FileDiffers(DomainError):
    """What was rendered again is not what was stored."""

    code = "file_differs"
    sentence = "The {kind} file of statement {number} stays as it is stored: rendered again it came out different."


def render(*, statement: Statement, now: datetime) -> list[StatementFile]:
    """Write the files of a statement that are missing, and have the customer told once the PDF is there.

    A machine without the libraries for PDF writes the other files; the hourly sweep asks again.
    """
    there = {file.kind: file for file in StatementFile.objects.filter(statement=statement)}
    missing = [kind for kind in _ORDER if kind not in there]
    for kind, content in rendered(statement, missing):
        there[kind] = write_file(statement=statement, kind=kind, content=content, now=now)
    return list(there.values())


def rendered(statement: Statement, kinds: Iterable[FileKind] = _ORDER) -> Iterator[tuple[FileKind, bytes]]:
    """Yield the files of a statement as they come out now, from its frozen rows alone."""
    contents = queries.contents(statement)
    for kind in kinds:
        try:
            content = _written(kind, contents)
        except LibraryMissing as error:
            logger.error("statement.not_rendered number=%s kind=%s error=%r", statement.number, kind, error.message)
            continue
        if content is not None:
            yield kind, content


@transaction.atomic
def write_file(*, statement: Statement, kind: FileKind, content: bytes, now: datetime) -> StatementFile:
    """Store a rendered file. A second call with the same bytes returns the first one. Raises: FileDiffers."""
    digest = hashlib.sha256(content).hexdigest()
    file, created = StatementFile.objects.get_or_create(
        statement=statement,
        kind=kind,
        defaults={"sha256": digest, "size": len(content), "content": content, "written_at": now},
    )
    if file.sha256 != digest:
        raise FileDiffers(kind=kind.label, number=statement.number)
    if created and kind == FileKind.PDF and not _is_quiet(statement):
        jobs.enqueue("billing.statements.announce", statement_id=str(statement.pk))
    return file


def _written(kind: FileKind, contents: Contents) -> bytes | None:
    """Return a file, None for an invoice of nothing."""
    if kind == FileKind.XML:
        return invoice.written(contents)
    if kind == FileKind.CSV:
        return tables.as_csv(contents)
    if kind == FileKind.JSON:
        return tables.as_json(contents)
    return pdf.written(contents, invoice=invoice.written(contents))


def _is_quiet(statement: Statement) -> bool:
    """Return whether nothing happened in the month, so that nobody need be told."""
    return queries.contents(statement).is_quiet
