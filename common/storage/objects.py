"""The private storage of the installation: the alias "objects" of STORAGES.

Nothing in it has a lasting address. Who may read an object gets a signed address that ends within an hour or so.
Names are made by the server, `<what>/<team id>/<uuid>`: see docs/storage.md for who uses which beginning.
"""

from __future__ import annotations

from datetime import datetime
from typing import IO, Any, Protocol, cast

from django.core.files.storage import storages

ALIAS = "objects"


class Objects(Protocol):
    """What both places can do: Django's storage, and addresses that end."""

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str: ...

    def open(self, name: str, mode: str = "rb") -> IO[Any]: ...

    def delete(self, name: str) -> None: ...

    def exists(self, name: str) -> bool: ...

    def listdir(self, path: str) -> tuple[list[str], list[str]]: ...

    def get_modified_time(self, name: str) -> datetime: ...

    def signed_url(self, name: str, *, filename: str, content_type: str, expires_in: int) -> str:
        """Return an absolute address at which anybody may download the object for `expires_in` seconds."""
        ...


def objects() -> Objects:
    """Return the storage that the settings name: a folder of this machine, or a bucket."""
    return cast(Objects, storages[ALIAS])
