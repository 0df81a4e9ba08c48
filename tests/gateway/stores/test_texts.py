"""Events as lines of one text."""

from __future__ import annotations

import orjson
import pytest

from gateway.spool.shipper import InboxRefused
from gateway.stores.texts import lines


def test_every_event_is_a_line():
    payloads = [orjson.dumps({"model": text}) for text in ("a\nb", "é", "\u2028", "\u0000")]
    assert [line.encode() for line in lines(payloads).split("\n")] == payloads


@pytest.mark.parametrize("payloads", [[b"{}", b"\xff"], [b""]])
def test_what_is_no_text_is_refused(payloads):
    with pytest.raises(InboxRefused):
        lines(payloads)
