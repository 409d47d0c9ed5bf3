"""Where the line, the axes and the target of a chart stand: drawn by the template as SVG."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from worklist.language.text import _
from worklist.web.statistics.trends import Point, Trend, Unit
from worklist.web.templating import duration

_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 22.0, 8.0, 20.0
# Of more days than this only the line is drawn, without a dot for each day.
_MOST_DOTS = 62
_ROOM_OF_DAY = 52.0
_MOST_TICKS = 4
# A target further above the values than this is told, not drawn: the line would be flat.
_FAR = 2.5
# How far an axis goes at least, so that little looks little.
_LEAST = {Unit.SHARE: 0.05, Unit.TIME: 300.0}
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_TIMES = [
    *(one * _MINUTE for one in (1, 2, 5, 10, 15, 30)),
    *(one * _HOUR for one in (1, 2, 3, 6, 12)),
    *(one * _DAY for one in (1, 2, 5, 7, 14, 28, 70, 140)),
]
_SHARES = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0]


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of an axis: where it stands, and what it says."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A day's value."""

    x: float
    y: float
    point: Point


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart in units of its own size; ``lines`` are the points of SVG polylines.

    ``target`` is None where there is none or it is far above all values.
    """

    width: float
    height: float
    left: float
    right: float
    values: tuple[Tick, ...]
    days: tuple[tuple[float, date], ...]
    lines: tuple[str, ...]
    dots: tuple[Dot, ...]
    target: float | None


def draw(trend: Trend, *, width: float, height: float) -> Drawn | None:
    """Return the chart of a trend; None where no day has a value."""
    values = [one.value for one in trend.points if one.value is not None]
    if not values:
        return None
    most = max(*values, _LEAST[trend.unit])
    shown = trend.target is not None and trend.target <= _FAR * most
    marks = _marks(max(most, trend.target or 0) if shown else most, trend.unit)
    right, bottom = width - _RIGHT, height - _BOTTOM

    def above(value: float) -> float:
        return round(bottom - value / marks[-1] * (bottom - _TOP), 1)

    places = _places(len(trend.points), right)
    dots = [
        None if one.value is None else Dot(x, above(one.value), one)
        for x, one in zip(places, trend.points, strict=True)
    ]
    runs = _runs(dots)
    few = len(trend.points) <= _MOST_DOTS
    return Drawn(
        width=width,
        height=height,
        left=_LEFT,
        right=right,
        values=tuple(Tick(above(one), label(one, trend.unit)) for one in marks),
        days=_days(places, [one.day for one in trend.points]),
        lines=tuple(" ".join(f"{one.x},{one.y}" for one in run) for run in runs if len(run) > 1),
        dots=tuple(one for run in runs for one in run if few or len(run) == 1),
        target=above(trend.target) if shown and trend.target is not None else None,
    )


def _places(number: int, right: float) -> list[float]:
    """Return where each day lies, left to right; a single one in the middle."""
    if number == 1:
        return [round((_LEFT + right) / 2, 1)]
    step = (right - _LEFT) / (number - 1)
    return [round(_LEFT + day * step, 1) for day in range(number)]


def label(value: float, unit: Unit) -> str:
    """Return a value as its axis has it: ``25 %``, ``30 min``, ``6 h``, ``7 d``."""
    if unit is Unit.SHARE:
        return f"{value * 100:g} %"
    if value < _HOUR:
        return _("%(minutes)s min", minutes=f"{value / _MINUTE:g}")
    if value < _DAY:
        return _("%(hours)s h", hours=f"{value / _HOUR:g}")
    return _("%(days)s d", days=f"{value / _DAY:g}")


def written(value: float | None, unit: Unit) -> str:
    """Return a value in words."""
    if value is None:
        return "-"
    if unit is Unit.SHARE:
        return f"{round(value * 100)} %"
    return duration(timedelta(seconds=value))


def _marks(most: float, unit: Unit) -> list[float]:
    """Return the values of the axis from zero to at least the greatest, in even steps."""
    steps = _SHARES if unit is Unit.SHARE else _TIMES
    step = next((one for one in steps if one * _MOST_TICKS >= most), steps[-1])
    number = 1
    while number * step < most:
        number += 1
    return [one * step for one in range(number + 1)]


def _runs(dots: Iterable[Dot | None]) -> list[list[Dot]]:
    """Return the stretches of days that have a value."""
    runs: list[list[Dot]] = [[]]
    for one in dots:
        if one is not None:
            runs[-1].append(one)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _days(places: Sequence[float], days: Sequence[date]) -> tuple[tuple[float, date], ...]:
    """Return the days that the axis names: as many as have room, the last among them."""
    wide = places[-1] - places[0]
    every = max(1, ceil(_ROOM_OF_DAY * (len(days) - 1) / wide)) if wide else 1
    chosen = range(len(days) - 1, -1, -every)
    return tuple((places[number], days[number]) for number in sorted(chosen))
