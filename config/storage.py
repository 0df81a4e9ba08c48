"""Where the alias "objects" of STORAGES keeps things: a bucket when one is named, else a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from config import env


def objects(folder: Path) -> dict[str, Any]:
    """Return the entry of STORAGES."""
    bucket = env.text("OBJECTS_S3_BUCKET", "")
    if not bucket:
        return {"BACKEND": "common.storage.local.LocalObjects", "OPTIONS": {"location": folder}}
    options = {
        "bucket_name": bucket,
        "endpoint_url": env.url("OBJECTS_S3_ENDPOINT_URL", "") or None,
        "public_endpoint_url": env.url("OBJECTS_S3_PUBLIC_URL", ""),
        "region_name": env.text("OBJECTS_S3_REGION", "") or None,
        "access_key": env.text("OBJECTS_S3_ACCESS_KEY_ID", "") or None,
        "secret_key": env.text("OBJECTS_S3_SECRET_ACCESS_KEY", "") or None,
        "addressing_style": env.text("OBJECTS_S3_ADDRESSING_STYLE", "path"),
        "signature_version": "s3v4",
        "default_acl": None,
        "file_overwrite": False,
        "querystring_auth": True,
    }
    return {"BACKEND": "common.storage.s3.S3Objects", "OPTIONS": options}
