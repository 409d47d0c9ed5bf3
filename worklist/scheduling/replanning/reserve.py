"""The free time of rooms that the policy keeps for exams more urgent than one that may move."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from worklist.scheduling.intervals import Interval, subtract
from worklist.scheduling.replanning.tasks import Calendars, Grid, Movable
from worklist.scheduling.stretches import stretch_start

_NOTHING = timedelta(0)


class Reserve:
    """Tells which gaps of the present plan no exam is moved into, see `Policy.kept_share`.

    Exams may change places with each other; what is free now, up to the share that the policy
    keeps, stays free for those who come meanwhile.

    Args:
        exams: All that may move, where they are now.
        grid: The time of the plan.
        calendars: The calendar without them.
        now: The present time.
    """

    def __init__(
        self, exams: Iterable[Movable], grid: Grid, calendars: Calendars, now: datetime
    ) -> None:
        self._grid, self._calendars, self._now = grid, calendars, now
        self._stays: dict[int, list[Interval]] = defaultdict(list)
        self._known: dict[tuple[object, ...], Sequence[Interval]] = {}
        for one in exams:
            if one.room_id is not None and one.starts_at is not None:
                self._stays[one.room_id].append(Interval(one.starts_at, _leaves(one)))

    def kept(self, exam: Movable, room_id: int, place: int) -> Sequence[Interval]:
        """Return the gaps of a room that are kept from an exam.

        None are kept from one that must leave where it is: that is what a reserve is for.
        ``place`` is the room's among those of the modality.
        """
        if exam.must_leave or exam.priority not in exam.assessment.policy.kept_free:
            return ()
        key = (room_id, place, exam.priority, exam.purposes)
        if key not in self._known:
            self._known[key] = list(self._kept(exam, room_id, place))
        return self._known[key]

    def _kept(self, exam: Movable, room_id: int, place: int) -> Iterator[Interval]:
        calendar, policy = self._calendars.calendar(exam, room_id), exam.assessment.policy
        if calendar is None:
            return
        gaps = subtract(calendar.free, self._stays[room_id])
        for stretch in self._stretches(place, policy.kept_hours):
            share = policy.kept_share(exam.priority, stretch.end - self._now)
            wanted = share * sum(
                (_length(one) for one in _within(calendar.usable, stretch)), _NOTHING
            )
            for gap in sorted(_within(gaps, stretch), key=_length, reverse=True):
                taken = min(wanted, _length(gap))
                if taken > _NOTHING:
                    yield Interval(gap.end - taken, gap.end)
                wanted -= taken

    def _stretches(self, place: int, hours: int) -> Iterator[Interval]:
        window, length = self._grid.window, timedelta(hours=hours)
        begin = stretch_start(window.start.timestamp(), place, length.total_seconds())
        start = datetime.fromtimestamp(begin, UTC)
        while start < window.end:
            yield Interval(start, start + length)
            start += length


def _leaves(exam: Movable) -> datetime:
    """Return when the room is free again, also of the turnover, after a booked exam."""
    assert exam.starts_at is not None  # noqa: S101 - whoever asks has looked
    turnover = max(
        one.turnover_minutes for one in exam.assessment.candidates if one.room.id == exam.room_id
    )
    return exam.starts_at + timedelta(minutes=exam.assessment.plan.room_minutes + turnover)


def _within(intervals: Iterable[Interval], stretch: Interval) -> list[Interval]:
    """Return the parts of the intervals that lie in a stretch."""
    return [
        Interval(max(one.start, stretch.start), min(one.end, stretch.end))
        for one in intervals
        if one.overlaps(stretch)
    ]


def _length(one: Interval) -> timedelta:
    return one.end - one.start
