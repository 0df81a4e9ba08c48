"""Frames cut anywhere are read alike; the library of the clients writes them."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Close, Frame, Opcode

from gateway.sockets.frames import FrameReader, close_frame

MESSAGES = st.lists(st.lists(st.binary(max_size=300), min_size=1, max_size=3), max_size=5)


def written(messages, *, mask):
    frames = []
    for parts in messages:
        for place, part in enumerate(parts):
            opcode = Opcode.BINARY if place == 0 else Opcode.CONT
            frames.append(Frame(opcode, part, fin=place + 1 == len(parts)).serialize(mask=mask))
            frames.append(Frame(Opcode.PING, b"between").serialize(mask=mask))
    return b"".join(frames)


@settings(max_examples=200, deadline=None)
@given(messages=MESSAGES, mask=st.booleans(), cuts=st.lists(st.integers(0, 4000), max_size=8))
def test_pieces_bring_what_the_whole_brings(messages, mask, cuts):
    stream = written(messages, mask=mask) + Frame(Opcode.CLOSE, Close(4001, "ünd").serialize()).serialize(mask=mask)
    reader = FrameReader(is_masked=mask, message_bytes=10_000)
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    passed = [reader.feed(stream[start:end]) for start, end in pairwise(edges)]

    close = next(each.close for each in passed if each.close is not None)
    assert b"".join(each.raw for each in passed) == stream.removesuffix(close.raw)
    assert sum(each.messages for each in passed) == len(messages)
    assert sum(each.payload_bytes for each in passed) == sum(len(part) for parts in messages for part in parts)
    assert (close.code, close.reason) == (4001, "ünd")


@given(code=st.sampled_from([1000, 1008, 4999]), reason=st.text(max_size=300), mask=st.booleans())
def test_close_frames_of_ours_are_read_as_they_were_meant(code, reason, mask):
    reader = FrameReader(is_masked=mask, message_bytes=1)
    close = reader.feed(close_frame(code, reason, is_masked=mask)).close
    assert close.code == code
    assert len(close.raw) <= 125 + 6
    assert reason.startswith(close.reason)
