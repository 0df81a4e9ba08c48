"""The file format: cut short or flipped at every byte, it gives back what is whole and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.spool.errors import PayloadTooLarge
from gateway.spool.records import MAX_PAYLOAD, Kind, encode, scan

PAYLOADS = st.text(max_size=40).map(str.encode)
RECORDS = st.lists(st.tuples(st.sampled_from(Kind), st.text("0123456789abcdef-", max_size=36), PAYLOADS), max_size=6)


def contents(result):
    return [(record.kind, record.event_id, record.payload) for record in result.records]


class TestScan:
    @given(RECORDS)
    def test_gives_back_what_was_written(self, written):
        buffer = b"".join(encode(*record) for record in written)

        result = scan(buffer, 0)

        assert contents(result) == written
        assert (result.end, list(result.damaged)) == (len(buffer), [])

    @given(RECORDS)
    @settings(max_examples=30)
    def test_gives_the_whole_records_of_a_file_cut_at_any_byte(self, written):
        encoded = [encode(*record) for record in written]
        buffer = b"".join(encoded)
        ends = [sum(map(len, encoded[: count + 1])) for count in range(len(encoded))]

        for cut in range(len(buffer) + 1):
            result = scan(buffer[:cut], 0)

            whole = sum(end <= cut for end in ends)
            assert contents(result) == written[:whole]
            assert list(result.damaged) == []

    @given(RECORDS, st.integers(1, 255))
    @settings(max_examples=30)
    def test_loses_one_record_to_one_flipped_byte(self, written, flip):
        encoded = [encode(*record) for record in written]
        buffer = b"".join(encoded)
        owners = [number for number, record in enumerate(encoded) for _ in record]

        for at, owner in enumerate(owners):
            broken = bytearray(buffer)
            broken[at] ^= flip
            result = scan(bytes(broken), 0)

            assert contents(result) == written[:owner] + written[owner + 1 :]
            # damage is what has something sound behind it; the last record may as well have been cut short
            assert bool(result.damaged) == (owner < len(written) - 1)

    @given(st.binary(max_size=300))
    def test_finds_nothing_in_noise(self, noise):
        assert contents(scan(noise, 0)) == []

    def test_takes_no_record_out_of_a_payload(self):
        inner = encode(Kind.FINAL, "inner", b"{}")
        outer = encode(Kind.FINAL, "outer", inner)

        assert [record.event_id for record in scan(outer, 0).records] == ["outer"]


class TestEncode:
    def test_takes_payloads_up_to_the_limit(self):
        encode(Kind.FINAL, "a", b"x" * MAX_PAYLOAD)
        with pytest.raises(PayloadTooLarge):
            encode(Kind.FINAL, "a", b"x" * (MAX_PAYLOAD + 1))
