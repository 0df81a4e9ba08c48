"""Account files over JSON: customers have personal and shared ones, sellers those of the account."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from ninja import Query, Router

from accounts.files import places, queries, schemas, services
from accounts.files.places import Place, Scope
from accounts.teams import callers
from accounts.teams.callers import KeyRequest
from accounts.teams.permissions import Permission
from common.ninja import Endpoints

customer_router, seller_router = Router(tags=["files"]), Router(tags=["files"])
customers, sellers = Endpoints(customer_router), Endpoints(seller_router)
Seconds = Query(900, ge=60, le=3600)
Json = dict[str, Any]


@customers("GET", "/files/list", {200: schemas.FileList})
def file_list(request: KeyRequest, filters: Query[schemas.FileFilters]) -> Json:
    """Return one level of a folder: its files, and the folders below it."""
    place = _place(request, filters.scope)
    shared = filters.scope == Scope.SHARED or queries.is_sharing(request.team)
    return {**_listed(place, filters), "scope": filters.scope, "shared_enabled": shared}


@customers("GET", "/files/download", {200: schemas.Download})
def file_download(request: KeyRequest, key: str, scope: Scope = Scope.PERSONAL, expires_in: int = Seconds) -> Json:
    """Return an address at which a file can be downloaded without a key, for a while."""
    return {**_downloaded(_place(request, scope), key, expires_in), "scope": scope}


@customers("POST", "/files/upload", {200: schemas.Upload}, makes=False)
def file_upload(request: KeyRequest, body: schemas.UploadIn) -> Json:
    """Return where to send a file. One of the same key is replaced."""
    callers.check(request, Permission.MANAGE_FILES)
    return {**_ticket(request, _place(request, body.scope), body), "scope": body.scope}


@sellers("GET", "/files/list", {200: schemas.SellerFileList})
def seller_file_list(request: KeyRequest, filters: Query[schemas.SellerFileFilters]) -> Json:
    """Return one level of a folder of the account."""
    return _listed(Place(request.team, None), filters)


@sellers("GET", "/files/download", {200: schemas.SellerDownload})
def seller_file_download(request: KeyRequest, key: str, expires_in: int = Seconds) -> Json:
    """Return an address at which a file can be downloaded without a key, for a while."""
    return _downloaded(Place(request.team, None), key, expires_in)


@sellers("POST", "/files/upload", {200: schemas.SellerUpload}, makes=False)
def seller_file_upload(request: KeyRequest, body: schemas.SellerUploadIn) -> Json:
    """Return where to send a file. One of the same key is replaced."""
    callers.check(request, Permission.MANAGE_FILES)
    return _ticket(request, Place(request.team, None), body)


def _place(request: KeyRequest, scope: Scope) -> Place:
    return queries.place(team=request.team, user=request.api_key.created_by, scope=scope)


def _listed(place: Place, filters: schemas.SellerFileFilters) -> Json:
    found = queries.listing(
        place, folder=places.folder(filters.path), limit=filters.max_keys, token=filters.continuation_token
    )
    return {
        "path": filters.path,
        "objects": [
            {"key": each.key, "size": each.size, "last_modified": each.updated_at.isoformat()} for each in found.files
        ],
        "common_prefixes": [each.key for each in found.folders],
        "is_truncated": found.next_token is not None,
        "next_continuation_token": found.next_token,
    }


def _downloaded(place: Place, key: str, expires_in: int) -> Json:
    file = queries.file(place, key=key.strip("/"))
    return {"key": file.key, "url": services.download_url(file=file, expires_in=expires_in), "expires_in": expires_in}


def _ticket(request: KeyRequest, place: Place, body: schemas.SellerUploadIn) -> Json:
    ticket = services.ticket(
        place=place,
        path=body.path,
        filename=body.filename,
        size=body.size,
        content_type=body.content_type,
        by=request.api_key.created_by,
        now=timezone.now(),
    )
    return {
        "key": ticket.key,
        "url": ticket.url,
        "fields": ticket.fields,
        "expires_in": services.TICKET_SECONDS,
        "max_bytes": ticket.max_bytes,
    }
