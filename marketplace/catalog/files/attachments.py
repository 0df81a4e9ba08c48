"""The files that documents refer to, read and named as the upload protocol names them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from marketplace.catalog.files.documents import BLOB_PREFIX, documents_of, lift_shortcuts, mime_type_of, path_problem
from marketplace.catalog.files.hashing import object_key
from marketplace.catalog.files.problems import Findings, JsonObject, shown

MAX_DOCUMENT_BYTES = 10_485_760
MAX_SERVICE_BYTES = 52_428_800


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A document's file. object_key: the hash of the content and the extension. mime_type: markdown, python, ..."""

    object_key: str
    filename: str
    mime_type: str
    content: bytes = field(repr=False)


@dataclass(slots=True)
class Attachments:
    """The blobs of one service, gathered from its parts."""

    root: Path
    found: Findings = field(default_factory=Findings)
    blobs: dict[str, DocumentFile] = field(default_factory=dict)
    size_bytes: int = 0

    def attach(self, part_content: JsonObject, part: str, folder: Path) -> JsonObject:
        """Return the part with `external_url` naming a blob wherever a document has a `file_path` in reach.

        folder: of the file that the part was read from; paths are relative to it and stay inside of the root.
        """
        content = lift_shortcuts(part_content)
        attached = {
            title: self._document(document, self.found.of(part).at("documents", title), folder)
            for title, document in documents_of(content)
        }
        return {**content, "documents": {**content["documents"], **attached}} if attached else content

    def _document(self, document: JsonObject, found: Findings, folder: Path) -> JsonObject:
        path = document.get("file_path")
        if not isinstance(path, str) or document.get("external_url") is not None or path_problem(path):
            return document  # what is wrong with these is told when the service is checked
        blob = self._read(path, found.at("file_path"), folder)
        return document if blob is None else {**document, "external_url": BLOB_PREFIX + blob.object_key}

    def _read(self, path: str, found: Findings, folder: Path) -> DocumentFile | None:
        try:
            target = (folder / path).resolve()
            if not target.is_relative_to(self.root):
                found.error(
                    f"leads out of the catalogue (got {shown(path)})", "Copy the file into it", type="file_path"
                )
                return None
            size = target.stat().st_size if target.is_file() else None
            if size is None:
                found.error(f"there is no such file (got {shown(path)})", type="file_path")
                return None
            self.size_bytes += size
            if size > MAX_DOCUMENT_BYTES or self.size_bytes > MAX_SERVICE_BYTES:
                found.error(
                    f"larger than {MAX_DOCUMENT_BYTES // 1_048_576} MiB, or all documents of the service "
                    f"larger than {MAX_SERVICE_BYTES // 1_048_576} MiB",
                    type="file_path",
                )
                return None
            content = target.read_bytes()
        except (OSError, RuntimeError, ValueError):
            found.error(f"cannot be read (got {shown(path)})", type="file_path")
            return None
        blob = DocumentFile(object_key(content, target.name), target.name, mime_type_of(target.name), content)
        self.blobs[blob.object_key] = blob
        return blob
