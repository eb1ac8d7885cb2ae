"""Where the names of points stand in a chart so that none covers another."""

from collections.abc import Sequence
from math import log10
from typing import Final

from attrs import frozen

WIDTH, HEIGHT = 620.0, 330.0
"""The size in pixels that is reckoned with; a chart on a laptop is wider, and names are further apart there."""
_LETTER, _LINE = 6.4, 13.0
# Right of the point, left of it, above, below: alignment, and by how much it is moved.
PLACES: Final = (("left", 8, 0), ("right", -8, 0), ("center", 0, -13), ("center", 0, 13))


@frozen
class Label:
    """One name: how it is aligned at its point, and moved; `shown` is whether there is room for it at all."""

    align: str
    dx: int
    dy: int
    shown: bool = True


def placed(points: Sequence[tuple[float, float, str]]) -> list[Label]:
    """A place for the name of each point (x and y above 0, on logarithmic axes, and its name), the first ones first."""
    xs, ys = _scaled([x for x, _, _ in points], WIDTH), _scaled([y for _, y, _ in points], HEIGHT)
    taken = [(x - 5, y - 5, x + 5, y + 5) for x, y in zip(xs, ys, strict=True)]
    labels = []
    for x, y, (_, _, name) in zip(xs, ys, points, strict=True):
        free = [each for each in PLACES if _fits(_box(x, y, name, *each), taken)]
        if free:
            taken.append(_box(x, y, name, *free[0]))
        labels.append(Label(*free[0]) if free else Label(*PLACES[0], shown=False))
    return labels


def _scaled(values: Sequence[float], size: float) -> list[float]:
    logs = [log10(value) for value in values]
    low, span = min(logs, default=0.0), max(logs, default=0.0) - min(logs, default=0.0) or 1.0
    return [(each - low) / span * size for each in logs]


def _box(x: float, y: float, name: str, align: str, dx: int, dy: int) -> tuple[float, float, float, float]:
    width = _LETTER * len(name)
    left = x + dx - {"left": 0.0, "center": width / 2, "right": width}[align]
    # Up is less in the chart's pixels, and more in the values.
    return (left, y - dy - _LINE / 2, left + width, y - dy + _LINE / 2)


def _fits(box: tuple[float, float, float, float], taken: Sequence[tuple[float, float, float, float]]) -> bool:
    inside = box[0] > -WIDTH / 20 and box[2] < WIDTH * 1.05
    return inside and not any(
        box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3] for other in taken
    )


def ticks(values: Sequence[float]) -> list[float]:
    """1, 2, 5, 10, 20 and so on, around *values*, and more between where these are few: what a logarithmic axis is read by."""
    if not values:
        return []
    low, high = min(values) / 2, max(values) * 2
    few, many = (
        [step for power in range(-12, 16) for mantissa in mantissas if low <= (step := mantissa * 10.0**power) <= high]
        for mantissas in ((1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 8))
    )
    return few if high / low > 100 else many
