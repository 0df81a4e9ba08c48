"""The event that was asked for by the gateway alone is taken out of a stream, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.metering import Meter
from tests.domain.metering.answers import STATED, TOKENS, USAGE_EVENT, said, sse, without_sizes


class TestHidingTheUsageEvent:
    def shown(self, *chunks: bytes) -> tuple[bytes, Meter]:
        meter = Meter(is_stream=True, request_bytes=1, needed=TOKENS, hides_usage_event=True)
        return b"".join([meter.feed(chunk) for chunk in chunks] + [meter.remainder()]), meter

    def test_takes_out_that_event_and_no_other(self):
        shown, meter = self.shown(sse(said("a")), sse(said("b")), sse(USAGE_EVENT), sse(b"[DONE]"))

        assert shown == sse(said("a"), said("b"), b"[DONE]")
        assert without_sizes(meter.finish(interrupted=False)) == STATED

    @pytest.mark.parametrize("gap", [b"\n", b"\r\n"])
    def test_works_however_the_stream_is_cut(self, gap):
        text = sse(said("a"), USAGE_EVENT, b"[DONE]").replace(b"\n", gap)
        expected = sse(said("a"), b"[DONE]").replace(b"\n", gap)

        for size in range(1, len(text) + 1):
            assert self.shown(*(text[at : at + size] for at in range(0, len(text), size)))[0] == expected

    @given(st.lists(st.binary(max_size=30), max_size=8))
    def test_passes_everything_else_on(self, chunks):
        assert self.shown(*chunks)[0] == b"".join(chunks)

    def test_passes_whole_events_on_at_once(self):
        meter = Meter(is_stream=True, request_bytes=1, needed=TOKENS, hides_usage_event=True)

        assert meter.feed(sse(said("a"))) == sse(said("a"))
        assert meter.feed(sse(said("b")) + b'data: {"cho') == sse(said("b"))

    def test_keeps_events_without_choices_that_say_something_else(self):
        filters = {"choices": [], "prompt_filter_results": [{"index": 0}]}

        assert self.shown(sse(filters))[0] == sse(filters)

    def test_gives_up_on_an_event_without_end(self):
        endless = [b"x" * 65_536] * 40

        meter = Meter(is_stream=True, request_bytes=1, needed=TOKENS, hides_usage_event=True)
        assert sum(len(meter.feed(chunk)) for chunk in endless) > 1024 * 1024
        assert self.shown(*endless)[0] == b"".join(endless)
