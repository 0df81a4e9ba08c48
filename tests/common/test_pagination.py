from __future__ import annotations

import pytest

from common.pagination import Page, page_number


class TestPage:
    @pytest.mark.parametrize(
        ("number", "total", "last", "first_item", "last_item", "numbers"),
        [
            (1, 0, 1, 0, 0, [1]),
            (1, 10, 1, 1, 10, [1]),
            (1, 11, 2, 1, 10, [1, 2]),
            (2, 11, 2, 11, 11, [1, 2]),
            (1, 100, 10, 1, 10, [1, 2, None, 10]),
            (5, 100, 10, 41, 50, [1, None, 4, 5, 6, None, 10]),
            (10, 95, 10, 91, 95, [1, None, 9, 10]),
        ],
    )
    def test_knows_where_it_stands(self, number, total, last, first_item, last_item, numbers):
        page = Page(items=[], number=number, size=10, total=total)

        assert (page.last, page.first_item, page.last_item, page.numbers) == (last, first_item, last_item, numbers)

    def test_knows_its_neighbours(self):
        assert [(page.previous, page.next) for page in (Page([], n, 10, 25) for n in (1, 2, 3))] == [
            (None, 2),
            (1, 3),
            (2, None),
        ]


class TestPageNumber:
    @pytest.mark.parametrize(
        ("written", "number"),
        [(None, 1), ("", 1), ("3", 3), ("0", 1), ("-1", 1), ("x", 1), ("1e3", 1), ("²", 1), ("9" * 5000, 1), ("٣", 1)],
    )
    def test_takes_what_people_type(self, written, number):
        assert page_number(written) == number
