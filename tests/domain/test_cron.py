"""Cron expressions are read and, when they are wrong, the place is named."""

from __future__ import annotations

import pytest

from domain import cron


class TestParse:
    def test_reads_every_form(self):
        read = cron.parse("*/15  0,12 1-3 jan,Jun mon-fri")
        assert read.text == "*/15 0,12 1-3 jan,Jun mon-fri"
        assert read.minutes == {0, 15, 30, 45}
        assert read.hours == {0, 12}
        assert read.days == {1, 2, 3}
        assert read.months == {1, 6}
        assert read.weekdays == {1, 2, 3, 4, 5}

    def test_takes_seven_for_sunday_and_a_step_from_a_number(self):
        read = cron.parse("5/20 * * * 7")
        assert (read.minutes, read.weekdays) == ({5, 25, 45}, {0})

    @pytest.mark.parametrize(
        ("text", "column"),
        [("* * * *", 1), ("* * * * * *", 1),
         ("60 * * * *", 1), ("* 24 * * *", 3), ("* * 0 * *", 5), ("* * * 13 *", 7),
         ("* * * * 8", 9), ("5-1 * * * *", 1), ("*/0 * * * *", 1), ("1,x * * * *", 3), ("a * * * *", 1),
         ("*  * ? * *", 6), ("9" * 5000 + " * * * *", 1)],
    )  # fmt: skip
    def test_names_the_column_of_what_is_wrong(self, text, column):
        with pytest.raises(cron.BadCron) as caught:
            cron.parse(text)
        assert caught.value.column == column
