"""The documents of a provider, offering or listing as rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marketplace.catalog.models import Blob, Document, DocumentCategory, Listing, Offering, Provider
from marketplace.catalog.services import blobs

#: Documents as files have them: {title: fields}.
Documents = Mapping[str, Mapping[str, Any]]


def write(*, owner: Provider | Offering | Listing, wanted: Documents) -> None:
    """Make the documents of `owner` what `wanted` says. A title that stays keeps its row, id and test results."""
    field = type(owner).__name__.lower()
    existing = {document.title: document for document in owner.documents.all()}
    for title, fields in wanted.items():
        document = existing.pop(title, None) or Document(**{field: owner}, title=title)
        _fill(document, fields)
        document.save()
    for document in existing.values():
        document.delete()


def _fill(document: Document, fields: Mapping[str, Any]) -> None:
    before = (document.blob_id, document.external_url)
    blob = _blob(fields)
    document.category, document.mime_type = fields["category"], fields["mime_type"]
    document.description = fields.get("description") or ""
    document.version = fields.get("version") or ""
    document.sort_order = fields.get("sort_order") or 0
    document.is_active = fields.get("is_active", True) is not False
    wants_public = fields.get("is_public") is True
    document.is_public = wants_public and document.category != DocumentCategory.CONNECTIVITY_TEST
    document.filename = str(fields.get("file_path") or (blob.filename if blob else "")).replace("\\", "/")[-1000:]
    document.blob = blob
    document.external_url = "" if blob else fields.get("external_url") or ""
    is_same_content = before == (document.blob_id, document.external_url)
    document.meta = _meta(fields.get("meta") or {}, document.meta if is_same_content else {})


def _meta(told: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Test results are ours: an upload can only ask to skip the test."""
    meta = {name: value for name, value in told.items() if name != "test"}
    if isinstance(told.get("test"), dict) and told["test"].get("status") == "skip":
        meta["test"] = {"status": "skip"}
    elif "test" in stored:
        meta["test"] = stored["test"]
    return meta


def _blob(fields: Mapping[str, Any]) -> Blob | None:
    """Return the stored file that a document names. That it is there was checked with the file."""
    key = blobs.key_in(fields.get("external_url") or "")
    return Blob.objects.get(pk=key) if key is not None else None
