"""Events as PostgreSQL takes them: many as the lines of one text, because an array would be made text by text."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from gateway.spool.shipper import InboxRefused

_WALLET, _LEASE = b'"wallet_id":"', b'"lease_id":"'
_ID_CHARACTERS = 36


def lines(payloads: Sequence[bytes]) -> str:
    """Return JSON texts as lines of one text. Raises InboxRefused when one is none: JSON as we write it is one line."""
    joined = b"\n".join(payloads)
    try:
        if joined.count(b"\n") == len(payloads) - 1:
            return joined.decode()
    except UnicodeDecodeError:
        pass
    raise InboxRefused("A record of the spool is no JSON text.")


def wallet_and_lease(payload: bytes) -> tuple[str, str]:
    """Return both ids of an event, "" for no lease. Raises InboxRefused."""
    wallet, lease = payload.find(_WALLET), payload.find(_LEASE)
    if wallet < 0 or lease < 0 or not payload.endswith(b"}"):
        return _read_ids(payload)
    # a quoted name and its colon are never inside a string of JSON: there, the quotes have backslashes
    wallet, lease = wallet + len(_WALLET), lease + len(_LEASE)
    # latin-1 takes any byte; PostgreSQL takes nothing but ids
    return (
        payload[wallet : wallet + _ID_CHARACTERS].decode("latin-1"),
        payload[lease : lease + _ID_CHARACTERS].decode("latin-1"),
    )


def _read_ids(payload: bytes) -> tuple[str, str]:
    try:
        event = orjson.loads(payload)
        return str(event["wallet_id"]), str(event["lease_id"] or "")
    except (ValueError, KeyError, TypeError) as error:
        raise InboxRefused("A record of the spool is no usage event.") from error
