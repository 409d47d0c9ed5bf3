"""Where the bars of a chart stand: pure geometry, drawn by the template as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

from worklist.web.reading.figures import Day

HEIGHT = 120.0
_STEP = 44.0
_BAR = 16.0
# More days than this are told by the tables alone.
_MOST_DAYS = 31


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle; ``y`` counts from the top."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """One day: a bar for what became ready, and one in two parts for what was read."""

    day: Day
    middle: float
    ready: Bar
    in_time: Bar
    late: Bar


@dataclass(frozen=True, slots=True)
class Chart:
    """The columns, and the size that they need in the units of their numbers."""

    columns: tuple[Column, ...]
    width: float
    height: float


def chart(days: Sequence[Day]) -> Chart | None:
    """Return the chart of these days; None where there are too many or nothing to show."""
    most = max((max(day.ready, day.in_time + day.late) for day in days), default=0)
    if most == 0 or len(days) > _MOST_DAYS:
        return None
    scale = HEIGHT / most
    columns = tuple(_column(number, day, scale) for number, day in enumerate(days))
    return Chart(columns, _STEP * len(days), HEIGHT)


def _column(number: int, day: Day, scale: float) -> Column:
    left = _STEP * number + (_STEP - 2 * _BAR - 2) / 2
    ready, in_time, late = (count * scale for count in (day.ready, day.in_time, day.late))
    right = left + _BAR + 2
    return Column(
        day=day,
        middle=_STEP * (number + 0.5),
        ready=Bar(left, HEIGHT - ready, _BAR, ready),
        in_time=Bar(right, HEIGHT - in_time, _BAR, in_time),
        late=Bar(right, HEIGHT - in_time - late, _BAR, late),
    )
