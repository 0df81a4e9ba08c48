"""The order of a whole run."""

from __future__ import annotations

from pathlib import Path

from tests import workers


def test_what_takes_long_begins_first_and_what_has_many_tests_before_what_has_few():
    few, many, long = "tests/a.py::one", [f"tests/b.py::{number}" for number in range(3)], "tests/contracts/c.py::one"

    assert workers.in_order([few, *many, long]) == [long, *many, few]


def test_files_that_share_a_marketplace_go_to_one_worker():
    assert workers.scope("tests/clients/test_guide.py::a") == workers.scope("tests/clients/sellers/test_methods.py::b")
    assert workers.scope("tests/contracts/a.py::a") != workers.scope("tests/contracts/b.py::a")


def test_what_is_named_is_there():
    root = Path(__file__).parent.parent

    assert [each for each in (*workers.TOGETHER, *workers.LONG) if not (root / each).exists()] == []
