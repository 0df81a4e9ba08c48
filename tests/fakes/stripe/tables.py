"""What the fake remembers: tables of objects as they go over the wire, and beside them what the wire never shows."""

from __future__ import annotations

import json
import os
import secrets
import string
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.fakes.stripe.errors import missing

Object = dict[str, Any]
_LETTERS = string.ascii_letters + string.digits

#: The table of an id, by what the id begins with.
KINDS = {
    "cus": "customer",
    "pm": "payment_method",
    "pi": "payment_intent",
    "seti": "setup_intent",
    "ch": "charge",
    "re": "refund",
    "du": "dispute",
    "cs": "checkout.session",
    "bps": "billing_portal.session",
    "acct": "account",
    "tr": "transfer",
    "trr": "transfer_reversal",
    "txn": "balance_transaction",
    "evt": "event",
}


class Tables:
    """Objects by kind and id, in the order of their making. One lock for everything that changes them."""

    def __init__(self, path: Path | None = None) -> None:
        self.lock = threading.RLock()
        self._path = path
        self._rows: dict[str, dict[str, Object]] = {}
        self._hidden: dict[str, Object] = {}
        self.kept: Object = {}
        if path is not None and path.exists():
            kept = json.loads(path.read_text())
            self._rows, self._hidden, self.kept = kept["rows"], kept["hidden"], kept["more"]

    def clear(self) -> None:
        """Forget everything."""
        self._rows.clear()
        self._hidden.clear()

    def add(self, row: Object) -> Object:
        """Keep a new object."""
        self._rows.setdefault(row["object"], {})[row["id"]] = row
        return row

    def get(self, kind: str, id: str, *, param: str = "id") -> Object:
        """Return an object. Raises: Refused, when there is none."""
        row = self._rows.get(kind, {}).get(id)
        if row is None:
            raise missing(kind, id, param=param)
        return row

    def find(self, id: str) -> Object | None:
        """Return the object of an id, whatever it is."""
        kind = KINDS.get(id.split("_", 1)[0], "")
        return self._rows.get(kind, {}).get(id)

    def newest_first(self, kind: str, wanted: Callable[[Object], bool] = lambda row: True) -> Iterator[Object]:
        """Yield the objects of a kind, the last made first."""
        return (row for row in reversed(list(self._rows.get(kind, {}).values())) if wanted(row))

    def all(self) -> Iterator[Object]:
        """Yield every object."""
        for rows in self._rows.values():
            yield from rows.values()

    def hidden(self, id: str) -> Object:
        """Return what is known of an object and never shown: a card's number, where a page returns to."""
        return self._hidden.setdefault(id, {})

    def save(self, more: Callable[[], Object] = dict) -> None:
        """Write everything to the file, if there is one; a reader never sees half of it. more: goes into `kept`."""
        if self._path is None:
            return
        self.kept = {**self.kept, **more()}
        temporary = self._path.with_suffix(".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump({"rows": self._rows, "hidden": self._hidden, "more": self.kept}, file)
        temporary.replace(self._path)


def new_id(prefix: str, length: int = 24) -> str:
    """Return an id as Stripe makes them."""
    return f"{prefix}_{''.join(secrets.choice(_LETTERS) for _ in range(length))}"
