"""Bodies where they are: in their column, in pieces, or in an object of docs/storage.md."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

from common.storage.objects import objects
from domain import json_texts
from gateway_admin.request_logs import ids
from gateway_admin.request_logs.models import BodyPart, KeptBodies

SIDES = ("request", "response")


def object_name(kept: KeptBodies, side: str) -> str:
    """Return the name of a body's object. By team and day, so that either can be found there."""
    return f"request-logs/{kept.team_id}/{ids.moment(kept.pk):%Y-%m-%d}/{kept.pk}.{side}"


def object_names(kept: KeptBodies) -> list[str]:
    """Return the names of the objects that a call has."""
    return [name for side in SIDES if (name := getattr(kept, f"{side}_object"))]


def delete_objects(names: Iterable[str]) -> None:
    """Remove objects; those that are gone already count as removed."""
    for name in names:
        objects().delete(name)


def read(kept: KeptBodies, side: str) -> bytes:
    """Return what is kept of a body."""
    if name := getattr(kept, f"{side}_object"):
        try:
            with objects().open(name) as file:
                return bytes(file.read())
        except FileNotFoundError:
            return b""
    if getattr(kept, f"{side}_parts"):
        parts = BodyPart.objects.filter(log_id=kept.pk, side=side).order_by("number")
        return b"".join(bytes(part) for part in parts.values_list("bytes", flat=True))
    return bytes(getattr(kept, f"{side}_body"))


def meaning(body: bytes, headers: dict[str, str], *, is_cut: bool) -> Any:
    """Return a body as JSON where it is, else as text, else in base 64; None for nothing."""
    if not body:
        return None
    if not is_cut and "json" in headers.get("content-type", ""):
        try:
            return json_texts.read(body)
        except ValueError:
            pass
    text = as_text(body, is_cut=is_cut)
    return base64.b64encode(body).decode() if text is None else text


def as_text(body: bytes, *, is_cut: bool) -> str | None:
    """Return a body as text, or None when it is none. A cut may stand in the middle of a character."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        if is_cut and error.start >= len(body) - 3:
            return body[: error.start].decode("utf-8")
        return None
