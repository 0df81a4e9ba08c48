"""The JSON of account files."""

from __future__ import annotations

from typing import Annotated

from ninja import Schema
from pydantic import Field

from accounts.files.places import Scope
from common.ninja import PLAIN


class SellerFileFilters(Schema):
    path: str = ""
    max_keys: int = Field(100, ge=1, le=1000)
    continuation_token: str | None = None


class FileFilters(SellerFileFilters):
    scope: Scope = Scope.PERSONAL


class StoredObject(Schema):
    key: str
    size: int
    last_modified: str


class SellerFileList(Schema):
    path: str
    objects: list[StoredObject]
    common_prefixes: list[str]
    is_truncated: bool
    next_continuation_token: str | None


class FileList(SellerFileList):
    """shared_enabled: whether the team has somebody to share with."""

    scope: Scope
    shared_enabled: bool


class SellerDownload(Schema):
    """url: where the file is for `expires_in` seconds, for whoever has the address."""

    key: str
    url: str
    expires_in: int


class Download(SellerDownload):
    scope: Scope


class SellerUploadIn(Schema):
    filename: str
    size: Annotated[int, Field(ge=0), PLAIN]
    content_type: str | None = None
    path: str = ""


class UploadIn(SellerUploadIn):
    scope: Scope = Scope.PERSONAL


class SellerUpload(Schema):
    """Post `fields`, then the file as `file`, to `url` as a form of several parts. It needs no key."""

    key: str
    url: str
    fields: dict[str, str]
    expires_in: int
    max_bytes: int


class Upload(SellerUpload):
    scope: Scope
