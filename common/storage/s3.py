"""Objects in a bucket that speaks the protocol of Amazon S3."""

from __future__ import annotations

from typing import Any

from django.utils.http import content_disposition_header
from storages.backends.s3 import S3Storage


class S3Objects(S3Storage):
    """A private bucket. public_endpoint_url: where customers reach it, when that differs from where we do."""

    def __init__(self, *, public_endpoint_url: str = "", **options: Any) -> None:
        super().__init__(**options)
        is_same = public_endpoint_url in {"", options.get("endpoint_url")}
        self.signer = self if is_same else S3Storage(**{**options, "endpoint_url": public_endpoint_url})

    def signed_url(self, name: str, *, filename: str, content_type: str, expires_in: int) -> str:
        """Return an address of the bucket that ends; a browser saves what is there and shows nothing of it."""
        parameters = {
            "ResponseContentDisposition": content_disposition_header(True, filename),
            "ResponseContentType": content_type,
        }
        return str(self.signer.url(name, parameters=parameters, expire=expires_in))
