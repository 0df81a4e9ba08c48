"""Events as lines of one text, and the ids that are found in them without reading them."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.spool.shipper import InboxRefused
from gateway.stores.texts import lines, wallet_and_lease

WALLET, LEASE = "7d0d8e0e-0000-4000-8000-00000000000b", "7d0d8e0e-0000-4000-8000-00000000000f"
NAMES = st.sampled_from(("model", 'x","wallet_id":"y', '"wallet_id":"', '\\"lease_id":"z', "a\nb", "é\u2028"))


@given(NAMES, st.sampled_from((LEASE, None)), st.permutations(("routing_key", "wallet_id", "lease_id", "path")))
def test_ids_are_found_whatever_a_client_wrote(name, lease, order):
    event = {"routing_key": {"model": name}, "wallet_id": WALLET, "lease_id": lease, "path": f"/p/{name}"}
    payload = orjson.dumps({key: event[key] for key in order})
    assert wallet_and_lease(payload) == (WALLET, lease or "")


def test_ids_are_found_in_other_spellings_of_json():
    assert wallet_and_lease(json.dumps({"wallet_id": WALLET, "lease_id": LEASE}).encode()) == (WALLET, LEASE)


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b'"text"', b"{}", b'{"wallet_id":"x"}', b"\xff"])
def test_what_is_no_event_is_refused(payload):
    with pytest.raises(InboxRefused):
        wallet_and_lease(payload)


def test_every_event_is_a_line():
    payloads = [orjson.dumps({"model": text}) for text in ("a\nb", "é", "\u2028", "\u0000")]
    assert [line.encode() for line in lines(payloads).split("\n")] == payloads


@pytest.mark.parametrize("payload", [b"{\n}", b"\xff"])
def test_what_would_be_no_line_is_refused(payload):
    with pytest.raises(InboxRefused):
        lines([b"{}", payload])
