"""Usage as stacked bars of an SVG: whole units, so that no style is needed, and a pattern for each thing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from billing.rating import series
from billing.rating.series import Asked, Cell
from domain import periods

#: Of the drawing, in its own units.
WIDTH, HEIGHT = 960, 240
#: So many things have a pattern of their own; what is left is shown together.
_OWN_PATTERN = 6
_GAP = Decimal("0.2")
_ZERO = Decimal(0)


@dataclass(slots=True)
class Sums:
    requests: int = 0
    failures: int = 0
    amount: Decimal = _ZERO

    def add(self, cell: Cell) -> None:
        self.requests += cell.requests
        self.failures += cell.failures
        self.amount += cell.amount

    def height(self, shown: str) -> Decimal:
        """Return what the bar stands for."""
        return self.amount if shown == "money" else Decimal(self.requests + self.failures)


@dataclass(slots=True)
class Layer:
    """One thing through all times. keys: the ids or names that it sums up; pattern: its number; path: its bars."""

    name: str
    keys: tuple[str, ...]
    pattern: int
    total: Sums = field(default_factory=Sums)
    path: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A stretch of time. parts: of each layer. label: in the clocks of the zone. hint: the whole of it in words."""

    at: datetime | None
    label: str
    parts: Sequence[Sums]
    total: Sums
    x: Decimal
    width: Decimal

    @property
    def is_empty(self) -> bool:
        return not (self.total.requests or self.total.failures)


@dataclass(frozen=True, slots=True)
class Chart:
    """layers: the largest first, which are drawn from the bottom up. most: of one bar."""

    rows: Sequence[Row]
    layers: Sequence[Layer]
    total: Sums
    most: Decimal
    shown: str
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def used(self) -> list[Row]:
        """The stretches in which there was anything."""
        return [row for row in self.rows if not row.is_empty]

    @property
    def half(self) -> Decimal:
        return self.most / 2

    @property
    def last(self) -> Row:
        return self.rows[-1]

    @property
    def middle(self) -> Row:
        return self.rows[len(self.rows) // 2]


def chart(cells: Sequence[Cell], asked: Asked, *, shown: str, name_of: Callable[[str], str]) -> Chart:
    """Return the drawing of cells. shown: "money" or "calls"."""
    layers, layer_of = _layers(cells, shown, name_of)
    sums: dict[datetime | None, dict[int, Sums]] = defaultdict(lambda: defaultdict(Sums))
    total = Sums()
    for cell in cells:
        number = layer_of[cell.key]
        sums[cell.at][number].add(cell)
        layers[number].total.add(cell)
        total.add(cell)
    rows = _rows(sums, asked, len(layers))
    most = max((row.total.height(shown) for row in rows), default=_ZERO)
    for number, layer in enumerate(layers):
        layer.path = _path(rows, number, most, shown)
    return Chart(rows, layers, total, most, shown)


def _layers(cells: Sequence[Cell], shown: str, name_of: Callable[[str], str]) -> tuple[list[Layer], Mapping[str, int]]:
    """Return the layers, largest first, and which one each key is in."""
    sums: dict[str, Sums] = defaultdict(Sums)
    for cell in cells:
        sums[cell.key].add(cell)
    ranked = sorted(sums, key=lambda key: (-sums[key].height(shown), -sums[key].requests, key))
    own = ranked if len(ranked) <= _OWN_PATTERN + 1 else ranked[:_OWN_PATTERN]
    layers = [Layer(name_of(key), (key,), number) for number, key in enumerate(own)]
    if rest := ranked[len(own) :]:
        layers.append(Layer(f"{len(rest)} others", tuple(rest), len(own)))
    return layers, {key: min(place, len(layers) - 1) for place, key in enumerate(ranked)}


def _rows(sums: Mapping[datetime | None, Mapping[int, Sums]], asked: Asked, count: int) -> list[Row]:
    known = sorted({*series.stretches(asked), *(at for at in sums if at is not None)})
    times: list[datetime | None] = [None, *known] if None in sums else [*known]
    step = Decimal(WIDTH) / max(len(times), 1)
    rows = []
    for place, at in enumerate(times):
        parts = [sums[at].get(number, Sums()) if at in sums else Sums() for number in range(count)]
        total = Sums(
            sum(each.requests for each in parts),
            sum(each.failures for each in parts),
            sum((each.amount for each in parts), _ZERO),
        )
        x, width = _rounded(step * place), _rounded(step * (1 - _GAP))
        rows.append(Row(at, _label(at, asked), parts, total, x, width))
    return rows


def _label(at: datetime | None, asked: Asked) -> str:
    if at is None:
        return "Earlier, arrived late"
    local = at.astimezone(periods.zone(asked.time_zone))
    return f"{local.day} {local:%b, %H:%M}" if asked.step == "hour" else f"{local.day} {local:%b}"


def _path(rows: Sequence[Row], number: int, most: Decimal, shown: str) -> str:
    """Return the bars of one layer, each upon those of the layers below it."""
    drawn = []
    for row in rows:
        own = row.parts[number].height(shown)
        if not own:
            continue
        below = sum((part.height(shown) for part in row.parts[:number]), _ZERO)
        bottom, top = (_rounded(HEIGHT - HEIGHT * height / most) for height in (below, below + own))
        top = min(top, bottom - 1)  # what is there can be seen
        drawn.append(f"M{row.x} {bottom}V{top}h{row.width}V{bottom}z")
    return "".join(drawn)


def _rounded(number: Decimal) -> Decimal:
    return number.quantize(Decimal("0.1")).normalize() + 0 if number else _ZERO
