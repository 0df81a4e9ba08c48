"""Events as PostgreSQL takes them: many as the lines of one text, because an array would be made text by text."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.spool.shipper import InboxRefused


def lines(payloads: Sequence[bytes]) -> str:
    """Return JSON texts as lines of one text: JSON as we write it is one line, and the parts of any other are none.

    Raises InboxRefused when one is no text at all.
    """
    try:
        text = b"\n".join(payloads).decode()
    except UnicodeDecodeError as error:
        raise InboxRefused("A record of the spool is no JSON text.") from error
    if not text:  # the lines of an empty text are none, and not one that is empty
        raise InboxRefused("A record of the spool is empty.")
    return text
