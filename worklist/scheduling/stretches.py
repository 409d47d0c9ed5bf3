"""How full a room is, stretch by stretch: of each a share is kept for more urgent exams."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache

from worklist.scheduling.intervals import Interval, seconds_by_stretch

_BEGIN = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
_PHASES = 3
_HOUR = 3600

# Rooms with the same hours, and one exam after the other, ask for the same.
_of_hours = lru_cache(maxsize=500)(seconds_by_stretch)


def stretch_start(moment: float, place: int, length: float) -> float:
    """Return when the stretch begins that a moment lies in, both in seconds since 1970.

    Stretches of ``length`` follow each other from a midnight (UTC) on, by a third earlier for
    every next ``place`` of a room among those of the modality.
    """
    begin = _BEGIN - place % _PHASES * length / _PHASES
    return moment - (moment - begin) % length


class Stretches:
    """One room's time in stretches of some hours that follow each other.

    They begin at other times in every next room of the modality, so that rooms side by side are
    not full and free at the same time (`stretch_start`).

    Args:
        usable: When the room is open to the exam; sorted and disjoint.
        free: What of that nobody has; likewise.
        place: The room's among those of the modality.
        hours: How long a stretch is.
    """

    def __init__(
        self, usable: Iterable[Interval], free: Iterable[Interval], *, place: int, hours: int
    ) -> None:
        self._length = hours * _HOUR
        self._begin = stretch_start(0.0, place, self._length)
        self._usable: Mapping[int, float] = _of_hours(tuple(usable), self._begin, self._length)
        self._free = seconds_by_stretch(free, self._begin, self._length)
        self._load = dict.fromkeys(self._usable, 1.0)
        for number, seconds in self._free.items():
            self._load[number] = 1 - seconds / self._usable[number]
        self._last = next(reversed(self._usable), 0)

    def full_until(self, during: Interval, share: float) -> tuple[datetime, bool] | None:
        """Return until when the room is too full for an exam ``during`` that time, else None.

        It is where the exam would leave less than ``share``, 0 to 1, of its stretch free. The
        second value says whether it is too full already, without the exam: the time is then the
        end of the last such stretch in a row. An exam longer than the share may still have a
        stretch that nobody else is in.
        """
        start, most = during.start.timestamp(), 1 - share
        number = int((start - self._begin) // self._length)
        load = self._load.get(number, 1.0)
        if load > most:
            while number < self._last and self._load.get(number + 1, 1.0) > most:
                number += 1
            return self._end(number), True
        end = self._begin + (number + 1) * self._length
        own = min(during.end.timestamp(), end) - start
        if load and 1 - (self._free[number] - own) / self._usable[number] > most:
            return self._end(number), False
        return None

    def _end(self, number: int) -> datetime:
        return datetime.fromtimestamp(self._begin + (number + 1) * self._length, UTC)
