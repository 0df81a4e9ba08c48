"""Taking files in and handing them out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.files import File

from common.errors import DomainError
from common.storage.objects import objects
from marketplace.attachments import kinds
from marketplace.attachments.models import AttachedFile

#: How many files hang on one message at most.
MOST_FILES = 5
#: How long an address of a file lasts: as long as it takes to follow it.
_ADDRESS_SECONDS = 60


class AttachmentTooLarge(DomainError):
    """More bytes than one attachment may have."""

    code = "attachment_too_large"
    sentence = "{filename}: at most {limit} MB are taken. Send a part of it, or put it under Files."


class TooManyAttachments(DomainError):
    """More files than one message may carry."""

    code = "too_many_attachments"
    sentence = "At most {most} files go with one message. Send the others with the next one."


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that lies in the storage and waits for its row."""

    filename: str
    content_type: str
    size: int
    object_name: str


@contextmanager
def kept(files: Sequence[File[Any]], *, team_id: UUID | None) -> Iterator[list[Kept]]:
    """Check files and store them. What fails inside takes them back. team_id: who sends; None for the operators.

    Raises: TooManyAttachments, AttachmentTooLarge, AttachmentRefused.
    """
    checked = [(each, *_checked(each)) for each in _few(files)]
    stored: list[Kept] = []
    try:
        for each, filename, content_type in checked:
            name = objects().save(f"attachments/{team_id or 'operators'}/{uuid4()}", each)
            stored.append(Kept(filename, content_type, each.size, name))
        yield stored
    except BaseException:
        for one in stored:
            objects().delete(one.object_name)
        raise


def address(attachment: AttachedFile) -> str:
    """Return an address at which a file may be downloaded for a minute, and is never shown."""
    return objects().signed_url(
        attachment.object_name,
        filename=attachment.filename,
        content_type=attachment.content_type,
        expires_in=_ADDRESS_SECONDS,
    )


def _few(files: Sequence[File[Any]]) -> Sequence[File[Any]]:
    if len(files) > MOST_FILES:
        raise TooManyAttachments(most=MOST_FILES)
    return files


def _checked(content: File[Any]) -> tuple[str, str]:
    """Return the name and the content type of a file that may be taken. Its size is looked at first."""
    filename = content.name or ""
    if content.size > settings.ATTACHMENT_LIMIT_BYTES:
        raise AttachmentTooLarge(filename=filename[:100], limit=settings.ATTACHMENT_LIMIT_BYTES // (1024 * 1024))
    if content.size == 0:
        raise kinds.AttachmentRefused(filename=filename[:100], reason="the file is empty.")
    return filename, kinds.content_type(filename, content)
