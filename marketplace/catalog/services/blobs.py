"""Files by their content. The same bytes are stored once, whoever uploads them."""

from __future__ import annotations

import hashlib
import io
import mimetypes
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db.models.functions import Now

from common.errors import DomainError
from marketplace.catalog.files.hashing import object_key
from marketplace.catalog.models import Blob

#: Bytes that one file may have.
SIZE_LIMIT = 25 * 1024 * 1024
#: How documents name an uploaded file.
PLACEHOLDER = "${UNITYSVC_S3_BASE_URL}/"
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,16}\Z", re.ASCII)
_CHUNK = 1024 * 1024
#: Texts above this are not looked into when files are checked.
_READ_LIMIT = 1024 * 1024


class FileTooLarge(DomainError):
    """The file is larger than a document may be."""

    code = "too_large"
    sentence = "The file has more than {limit_mib} MiB. Make it smaller, or publish it elsewhere and give its URL."


@dataclass(frozen=True)
class Inline:
    """A document's content that came inside its file."""

    content: bytes
    filename: str

    @cached_property
    def key(self) -> str:
        return object_key(self.content, self.filename)


class Stored(Mapping[str, bytes]):
    """The stored files among some keys, read when they are looked into; of a large one only its being there counts.

    brought: files that come with the upload itself, by their keys.
    """

    def __init__(self, keys: Iterable[str], brought: Mapping[str, Inline]) -> None:
        self._brought = brought
        self._blobs = Blob.objects.in_bulk(list(set(keys) - set(brought)))

    def __contains__(self, key: object) -> bool:
        return key in self._blobs or key in self._brought

    def __getitem__(self, key: str) -> bytes:
        if key in self._brought:
            return self._brought[key].content
        blob = self._blobs[key]
        if blob.size > _READ_LIMIT:
            raise KeyError(key)
        try:
            with blob.file.open("rb") as file:
                content: bytes = file.read()
        except FileNotFoundError:
            # lost by the storage; uploading it again brings it back
            raise KeyError(key) from None
        return content

    def __iter__(self) -> Iterator[str]:
        return iter((*self._brought, *self._blobs))

    def __len__(self) -> int:
        return len(self._brought) + len(self._blobs)


def key_in(address: str) -> str | None:
    """Return the key of the blob that a document's `external_url` names, or None when it is another address."""
    return address.removeprefix(PLACEHOLDER) if address.startswith(PLACEHOLDER) else None


def store(*, content: BinaryIO, filename: str, mime_type: str = "") -> tuple[Blob, bool]:
    """Store a file by its content; return it and whether it is new. Raises: FileTooLarge."""
    digest, size = _measure(content)
    name = filename.replace("\\", "/").rpartition("/")[2][-255:] or "file"
    key = digest + _extension(name)
    path = f"blobs/{key}"
    # uploaded again is wanted again: the sweep counts from here. While it removes the row, this waits
    is_known = Blob.objects.filter(pk=key).update(created_at=Now()) == 1
    found = Blob.objects.filter(pk=key).first() if is_known else None
    if found is not None and default_storage.exists(found.file.name or path):
        return found, False
    if not default_storage.exists(path):
        content.seek(0)
        path = default_storage.save(path, File(content))
    values = {"size": size, "filename": name, "mime_type": _mime_type(name, mime_type), "file": path}
    # another upload of the same bytes may have come first: one row wins, both are right
    return Blob.objects.get_or_create(key=key, defaults=values)


def store_inline(contents: Iterable[Inline]) -> None:
    """Store contents that came inside files. Raises: FileTooLarge."""
    for inline in contents:
        store(content=io.BytesIO(inline.content), filename=inline.filename)


def _measure(content: BinaryIO) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    content.seek(0)
    while chunk := content.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if size > SIZE_LIMIT:
            raise FileTooLarge(limit_mib=SIZE_LIMIT // 1024 // 1024)
    return digest.hexdigest(), size


def _extension(name: str) -> str:
    found = _EXTENSION.search(name)
    return found[0] if found else ""


def _mime_type(name: str, told: str) -> str:
    return (told or mimetypes.guess_type(name)[0] or "application/octet-stream")[:100]
