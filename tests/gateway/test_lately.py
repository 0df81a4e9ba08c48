"""What is remembered of the calls of late, when there are more callers than there is room for."""

from __future__ import annotations

from gateway.lately import Lately


def found(lately: Lately[int, int], turn: range) -> int:
    """Return how many of those who come by in turn are remembered; the others are kept, if they may be."""
    count = 0
    for each in turn:
        count += lately.get(each) == each
        if each not in lately:
            lately.keep(each, each)
    return count


class TestWhatIsRemembered:
    def test_is_all_as_long_as_there_is_room(self):
        lately: Lately[int, int] = Lately(100)
        found(lately, range(100))
        assert found(lately, range(100)) == 100

    def test_is_a_part_of_those_who_come_by_in_turns(self):
        lately: Lately[int, int] = Lately(100)
        for _ in range(10):
            found(lately, range(500))
        assert 50 <= found(lately, range(500)) <= 100
        assert len(lately) == 100

    def test_makes_room_for_others_who_come_from_now_on(self):
        lately: Lately[int, int] = Lately(100)
        found(lately, range(100))
        for _ in range(80):
            found(lately, range(1000, 1100))
        assert found(lately, range(1000, 1100)) == 100

    def test_is_the_newest_of_what_is_told_of_the_same(self):
        lately: Lately[int, str] = Lately(1)
        lately.keep(1, "old")
        lately.keep(1, "new")
        assert lately[1] == "new"
