"""What is remembered of the calls of late, when there are more callers than there is room for."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")

_ONE_IN = 8


class Lately(OrderedDict[K, V]):
    """At most `size` of them. When it is full, one newcomer in eight is let in, in the place of the oldest.

    So those who come by in turns, more than there is room for, find a part of what was remembered of them. If each took
    the place of the oldest, they would find nothing: it would be gone just before its turn. Ordered, because a plain
    dictionary looks for its oldest among the places of all that were taken out.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size, self._turned_away = size, 0

    def keep(self, key: K, value: V) -> None:
        """Remember a value, perhaps."""
        if len(self) >= self._size and key not in self:
            self._turned_away += 1
            if self._turned_away % _ONE_IN:
                return
            self.popitem(last=False)
        self[key] = value
