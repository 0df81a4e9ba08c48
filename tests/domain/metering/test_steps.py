from __future__ import annotations

from decimal import Decimal

from domain.metering import steps

KIB = 1024


def used(**more):
    return {"seconds": Decimal(0), "bytes_in": 0, "bytes_out": 0, "count": 0, **more}


class TestTheBound:
    def test_begins_with_a_minute_and_a_little(self):
        assert steps.STEP == {"seconds": 60, "bytes_in": 64 * KIB, "bytes_out": 64 * KIB, "count": 16}
        assert steps.covers(steps.STEP, used(bytes_in=64 * KIB, seconds=Decimal(60)))
        assert not steps.covers(steps.STEP, used(bytes_in=64 * KIB + 1))

    def test_moves_only_where_it_was_passed(self):
        moved = steps.moved(steps.STEP, used(bytes_in=64 * KIB + 1))
        assert moved == {"seconds": 60, "bytes_in": 128 * KIB + 1, "bytes_out": 64 * KIB, "count": 16}

    def test_moves_by_half_of_what_was_used_when_that_is_much(self):
        assert steps.moved(steps.STEP, used(bytes_out=1024 * KIB))["bytes_out"] == 1536 * KIB

    def test_is_drawn_in_everywhere_at_the_end_of_the_money(self):
        tight = steps.moved(steps.STEP, used(bytes_in=70_000, seconds=Decimal("1.5")), Decimal(0))
        assert tight == {"seconds": Decimal("1.5"), "bytes_in": 70_000, "bytes_out": 0, "count": 0}
