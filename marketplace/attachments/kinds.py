"""Which files are taken: those whose name and whose content say the same harmless thing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import IO

from common.errors import DomainError


class AttachmentRefused(DomainError):
    """A kind of file that is not taken, or one that is not what its name says."""

    code = "attachment_refused"
    sentence = "{filename}: {reason}"


@dataclass(frozen=True, slots=True)
class Kind:
    """starts: how the content begins, each as (offset, bytes); none for text."""

    content_type: str
    starts: tuple[tuple[int, bytes], ...] = ()

    @property
    def is_text(self) -> bool:
        return not self.starts


_JPEG = Kind("image/jpeg", ((0, b"\xff\xd8\xff"),))
_YAML = Kind("application/yaml")
KINDS = {
    ".png": Kind("image/png", ((0, b"\x89PNG\r\n\x1a\n"),)),
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".gif": Kind("image/gif", ((0, b"GIF8"),)),
    ".webp": Kind("image/webp", ((0, b"RIFF"), (8, b"WEBP"))),
    ".pdf": Kind("application/pdf", ((0, b"%PDF-"),)),
    ".txt": Kind("text/plain"),
    ".log": Kind("text/plain"),
    ".md": Kind("text/markdown"),
    ".csv": Kind("text/csv"),
    ".json": Kind("application/json"),
    ".yaml": _YAML,
    ".yml": _YAML,
    ".toml": Kind("application/toml"),
}
#: What the browser offers to choose from.
ACCEPTED = ",".join(KINDS)
_LONGEST_NAME = 200
_PIECE = 1024 * 1024
#: Control characters that text has.
_SPACES = frozenset(b"\t\n\r\f\x1b")
_CONTROLS = bytes(code for code in range(32) if code not in _SPACES)


def content_type(filename: str, content: IO[bytes]) -> str:
    """Return what a file is, after a look at its name and at its content. Raises: AttachmentRefused."""
    if not filename.isprintable() or not 0 < len(filename) <= _LONGEST_NAME or set(filename) & set('/\\<>"'):
        raise AttachmentRefused(filename="A file", reason="give it a plain name of at most 200 characters.")
    kind = KINDS.get(PurePath(filename).suffix.lower())
    if kind is None:
        taken = ", ".join(ending[1:] for ending in KINDS)
        raise AttachmentRefused(filename=filename, reason=f"files of this kind are not taken. Send one of {taken}.")
    if not (_is_text(content) if kind.is_text else _begins(content, kind)):
        raise AttachmentRefused(filename=filename, reason="the content is not what its name says. Save it anew.")
    return kind.content_type


def _begins(content: IO[bytes], kind: Kind) -> bool:
    content.seek(0)
    head = content.read(32)
    content.seek(0)
    return all(head[offset:].startswith(start) for offset, start in kind.starts)


def _is_text(content: IO[bytes]) -> bool:
    """Return whether the content is UTF-8 without control characters. At most as long as attachments may be."""
    content.seek(0)
    whole = b"".join(iter(lambda: content.read(_PIECE), b""))
    content.seek(0)
    try:
        whole.decode()
    except UnicodeDecodeError:
        return False
    return len(whole.translate(None, _CONTROLS)) == len(whole)
