"""The cells of a test run: what is asked of which interface, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from marketplace.catalog.models import Document, DocumentCategory
from marketplace.testing import queries
from marketplace.testing.models import Source, TestRun
from marketplace.testing.stand_in import Tested


@dataclass(frozen=True, slots=True)
class Cell:
    """document None: a request that the platform makes up. channel: the only one to be used, or ""."""

    source: Source
    document: Document | None
    tested: Tested
    channel: str = ""

    @property
    def title(self) -> str:
        return self.document.title if self.document is not None else "Request to the interface"

    @property
    def category(self) -> str:
        return self.document.category if self.document is not None else ""


def cells(run: TestRun, interfaces: list[Tested]) -> list[Cell]:
    """Return the cells of a run: the platform's requests first, then the scripts."""
    return [*_probes(run, interfaces), *_scripts(run, interfaces)]


def _probes(run: TestRun, interfaces: list[Tested]) -> Iterator[Cell]:
    """A run that is narrowed to code examples has none; connectivity is what they show."""
    narrowed = run.document.category if run.document is not None else run.category
    if narrowed == DocumentCategory.CODE_EXAMPLE:
        return
    templates: list[Document | None] = [*queries.request_templates(run.service)]
    for tested in interfaces:
        for document in templates or [None]:
            yield from _at(Source.PROBE, document, tested)


def _scripts(run: TestRun, interfaces: list[Tested]) -> Iterator[Cell]:
    for document in queries.executable_documents(run.service):
        is_other = run.document_id not in {None, document.pk}
        if is_other or (run.category and run.category != document.category):
            continue
        for tested in interfaces:
            yield from _at(Source.SCRIPT, document, tested)


def _at(source: Source, document: Document | None, tested: Tested) -> Iterator[Cell]:
    """Yield a document's cells at an interface: one, or one for each channel that it names."""
    meta = document.meta if document is not None else {}
    if _names(meta.get("interfaces")) and tested.interface.name not in _names(meta.get("interfaces")):
        return
    known = tested.interface.service.offering.data.get("upstream_access_config") or {}
    named = [name for name in _names(meta.get("channels")) if name in known]
    for channel in named or [""]:
        yield Cell(source, document, tested, channel)


def _names(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []
