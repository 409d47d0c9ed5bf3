"""Where on the board a stretch of time is: rows of five minutes, counted as time passes.

Minutes are elapsed ones, so that the day on which clocks change has 23 or 25 hours of rows and no
row twice or never.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

from worklist.language.clock_times import is_repeated
from worklist.scheduling.intervals import Interval

ROW_MINUTES = 5
MOST_ROWS = 25 * 60 // ROW_MINUTES
MOST_LANES = 4
MOST_ROOMS = 60
# So many rooms fit beside the tray at 1440 px if their columns are narrower than one likes.
_NARROW = range(13, 17)

_ROW = timedelta(minutes=ROW_MINUTES)
_HOUR = timedelta(hours=1)


class Place(NamedTuple):
    """First row (from 1) and number of rows."""

    at: int
    rows: int


class Label(NamedTuple):
    """A time at the edge of the board."""

    at: int
    text: str


@dataclass(frozen=True, slots=True)
class Axis:
    """The stretch of time that the board shows; both ends aware, in UTC."""

    start: datetime
    end: datetime

    @classmethod
    def of(cls, start: datetime, rows: int) -> Self:
        """Return the axis of so many rows."""
        return cls(start, start + rows * _ROW)

    @property
    def stretch(self) -> Interval:
        """From the first row to the last."""
        return Interval(self.start, self.end)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return (self.end - self.start) // _ROW

    def place(self, start: datetime, end: datetime) -> Place | None:
        """Return the rows that a stretch touches, None where it is out of sight."""
        if end <= self.start or start >= self.end:
            return None
        first = (max(start, self.start) - self.start) // _ROW
        last = -((self.start - min(end, self.end)) // _ROW)
        return Place(first + 1, max(last - first, 1))

    def labels(self, zone: ZoneInfo) -> list[Label]:
        """Return the full hours as clocks show them: 02:00 twice where clocks go back."""
        hours = int((self.end - self.start) / _HOUR)
        return [
            Label(
                hour * 60 // ROW_MINUTES + 1,
                (self.start + hour * _HOUR).astimezone(zone).strftime("%H:%M"),
            )
            for hour in range(hours)
        ]

    def repeated(self, zone: ZoneInfo) -> dict[int, datetime]:
        """Return the rows, from 1, of times that clocks show twice, with what time each is."""
        start, end = self.start.astimezone(zone), self.end.astimezone(zone)
        if start.utcoffset() == end.utcoffset():
            return {}
        rows = {row: (self.start + (row - 1) * _ROW) for row in range(1, self.rows + 1)}
        return {row: one for row, one in rows.items() if is_repeated(one.astimezone(zone))}


def visible(day: Interval, opening: Iterable[Interval], also: Iterable[datetime]) -> Axis:
    """Return the opening hours and one hour on either side, in full hours within the day.

    Args:
        day: Midnight to midnight.
        opening: When something is open; what is open round the clock says nothing about the day,
            so it counts only where nothing else does.
        also: Moments that have to be in sight.
    """
    hours = list(opening)
    bounded = [one for one in hours if one.start > day.start or one.end < day.end]
    starts = [one.start for one in bounded] or [day.start]
    ends = [one.end for one in bounded] or [day.end]
    moments = [one for one in also if day.start <= one < day.end]
    first = min([min(starts) - _HOUR, *moments])
    last = max([max(ends) + _HOUR, *(one + _HOUR for one in moments)])
    start = day.start + (max(first, day.start) - day.start) // _HOUR * _HOUR
    end = day.start - (day.start - last) // _HOUR * _HOUR
    return Axis(start, min(end, day.end))


def lanes(stretches: Sequence[Interval]) -> list[tuple[int, int]]:
    """Return for each stretch, sorted by start, its lane and how many lanes its crowd has.

    Whatever overlaps is shown side by side: nothing hides behind something else.
    """
    result: list[tuple[int, int]] = []
    crowd: list[datetime] = []
    begun = 0
    for index, one in enumerate(stretches):
        if crowd and max(crowd) <= one.start:
            result[begun:] = [(lane, len(crowd)) for lane, _ in result[begun:]]
            crowd, begun = [], index
        lane = next((n for n, end in enumerate(crowd) if end <= one.start), len(crowd))
        crowd[lane : lane + 1] = [one.end]
        result.append((lane, 0))
    result[begun:] = [(lane, len(crowd)) for lane, _ in result[begun:]]
    return result


def stylesheet() -> str:
    """Return the classes that put things into rows, lanes and columns.

    Pages carry no inline styles, so every position has its class: ``at-N``, ``for-N``,
    ``lane-N-of-M``, ``lanes-M``, ``rooms-N``.
    """
    rules = [f".at-{n}{{grid-row-start:{n}}}" for n in range(1, MOST_ROWS + 1)]
    rules += [f".for-{n}{{grid-row-end:span {n}}}" for n in range(1, MOST_ROWS + 1)]
    for count in range(1, MOST_LANES + 1):
        rules.append(f".lanes-{count}{{grid-template-columns:repeat({count},minmax(0,1fr))}}")
        rules += [f".lane-{n}-of-{count}{{grid-column:{n}}}" for n in range(1, count + 1)]
    rules.append(".lane-1-of-1{grid-column:1/-1}")
    for n in range(MOST_ROOMS + 1):
        column = "--narrow-column" if n in _NARROW else "--column"
        columns = f"var(--axis) repeat({n},minmax(var({column}),1fr))"
        rules.append(f".rooms-{n}{{grid-template-columns:{columns}}}")
    return "\n".join(rules)
