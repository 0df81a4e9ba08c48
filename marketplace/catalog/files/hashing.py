"""Whether two uploads say the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from marketplace.catalog.files.problems import JsonObject


def content_hash(
    provider: JsonObject, offering: JsonObject, listing: JsonObject, blobs: Mapping[str, bytes] | None = None
) -> str:
    """Return the hash of the content: equal for files that differ only in key order or in `time_created`.

    No documents and an empty table of them are the same: the sellers' client writes the table, people leave it out.
    blobs: uploaded files by any name; they count by that name and their content.
    """
    parts = [_counted(part) for part in (provider, offering, listing)]
    held = {name: hashlib.sha256(content).hexdigest() for name, content in (blobs or {}).items()}
    # escaped, so that text which is no valid UTF-8 has a hash too
    canonical = json.dumps([*parts, held], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _counted(part: JsonObject) -> JsonObject:
    return {k: v for k, v in part.items() if k != "time_created" and not (k == "documents" and not v)}


def object_key(content: bytes, file_name: str) -> str:
    """Return the name under which a blob is stored: the hash of its bytes and the last extension of its file."""
    _, dot, extension = file_name.rpartition("/")[2].rpartition(".")
    suffix = f".{extension}" if dot and extension.isascii() and extension.isalnum() and len(extension) <= 16 else ""
    return hashlib.sha256(content).hexdigest() + suffix
