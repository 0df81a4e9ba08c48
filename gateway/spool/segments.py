"""The files of a spool: `<number>.seg`, each with a header that tells whose it is; damaged ones end in `.bad`.

A segment has its whole size from the beginning, so that syncing it never has to write what the file system notes of its
length; what is not written yet is zeros, which no record begins with.
"""

from __future__ import annotations

import errno
import os
import struct
import uuid
from dataclasses import dataclass
from pathlib import Path

_HEADER = struct.Struct("<8s16sQ")
_MAGIC = b"\xf5\xfeSPOOL1"
HEADER_BYTES = _HEADER.size
SUFFIX = ".seg"


@dataclass(slots=True)
class Segment:
    """One file. durable_bytes: up to where it is known to be on disk and sound; sealed: nothing more is appended;
    damaged: found unreadable in the middle while shipping, and so set aside rather than removed."""

    number: int
    path: Path
    durable_bytes: int
    is_sealed: bool
    is_damaged: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in the spool."""

    number: int
    offset: int


def create(folder: Path, number: int, incarnation: uuid.UUID, size: int) -> tuple[Segment, int]:
    """Create a segment of so many bytes, on disk with its name. Return it and its descriptor, which stands behind the
    header. Raises OSError."""
    path = folder / f"{number:012d}{SUFFIX}"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, _HEADER.pack(_MAGIC, incarnation.bytes, number))
        _allocate(descriptor, size)
        os.fsync(descriptor)
        sync_folder(folder)
    except OSError:
        os.close(descriptor)
        path.unlink()
        raise
    return Segment(number, path, HEADER_BYTES, is_sealed=False), descriptor


def _allocate(descriptor: int, size: int) -> None:
    try:
        os.posix_fallocate(descriptor, 0, size)
    except OSError as error:
        if error.errno != errno.EOPNOTSUPP:  # such a file system lets it grow instead
            raise


def remove(segment: Segment) -> None:
    """Remove a segment, or set it aside where it is damaged. Raises OSError."""
    if segment.is_damaged:
        segment.path.rename(segment.path.with_suffix(".bad"))
    else:
        segment.path.unlink()


def is_sound_header(buffer: bytes) -> bool:
    """Return whether a segment's first bytes are those of a segment."""
    return len(buffer) >= HEADER_BYTES and buffer.startswith(_MAGIC)


def listed(folder: Path) -> list[tuple[int, Path]]:
    """Return the segments in a folder by number."""
    return sorted((int(path.stem), path) for path in folder.glob(f"*{SUFFIX}") if path.stem.isdecimal())


def next_number(folder: Path) -> int:
    """Return a number that no segment has, or had before it was set aside."""
    return 1 + max((int(name) for path in folder.iterdir() if (name := path.name.split(".")[0]).isdecimal()), default=0)


def sync_folder(folder: Path) -> None:
    """Make created, renamed and removed names durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
