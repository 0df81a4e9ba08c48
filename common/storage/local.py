"""Objects on a disk of our own, served by our own process at addresses that it has signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.core.files.storage import FileSystemStorage
from django.utils import timezone

_SALT = "common.storage.download"


@dataclass(frozen=True, slots=True)
class Download:
    """What a signed address lets its reader have."""

    name: str
    filename: str
    content_type: str


class LocalObjects(FileSystemStorage):
    """A folder that no web server publishes."""

    def signed_url(self, name: str, *, filename: str, content_type: str, expires_in: int) -> str:
        """Return an address of ours that ends."""
        ends_at = timezone.now() + timedelta(seconds=expires_in)
        token = signing.dumps([name, filename, content_type, ends_at.timestamp()], salt=_SALT, compress=True)
        return f"{settings.SITE_URL}/objects/{token}"


def read(token: str, now: datetime) -> Download | None:
    """Return what a token is for; None when we have not written it, or its time is over."""
    try:
        name, filename, content_type, ends_at = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError):
        return None
    return Download(name, filename, content_type) if now.timestamp() < ends_at else None
