"""The worked examples of docs/schedules.md hold."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from domain import cron
from domain.scheduling import catching_up
from domain.scheduling.cadences import Interval
from domain.scheduling.occurrences import next_after

PAGE = (Path(__file__).parents[3] / "docs" / "schedules.md").read_text()


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table under a line of headings."""
    found = re.search(re.escape(heading) + r"\n\|[-| ]+\|\n((?:\|.*\n)+)", PAGE)
    assert found is not None
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in found[1].splitlines()]


@pytest.mark.parametrize("row", rows("| expression | zone | after (UTC) | due (UTC) |"), ids=str)
def test_times_around_changes_of_clocks(row):
    expression, zone, after, due = row
    at = datetime.fromisoformat(f"{after}+00:00")
    for expected in due.split(", "):
        at = next_after(cron.parse(expression), ZoneInfo(zone), at)
        assert f"{at:%Y-%m-%d %H:%M}" == expected


@pytest.mark.parametrize("row", rows("| policy | it is | fires | left out | next |"), ids=str)
def test_times_that_were_missed(row):
    policy, it_is, fires, left_out, following = row

    def today(text: str) -> datetime:
        return datetime.fromisoformat(f"2026-11-21 {text}+00:00").astimezone(UTC)

    done = catching_up.plan(Interval(600), today("12:00"), today(it_is), kind=policy, max_age=timedelta(hours=1))
    assert list(done.fired) == [today(text) for text in fires.split(", ") if text]
    assert (done.missed.count if done.missed else 0, done.next) == (int(left_out), today(following))
