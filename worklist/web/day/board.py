"""Put rooms and exams together into what the template draws."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from worklist.orders.status import WITH_SLOT
from worklist.scheduling.intervals import Interval, subtract
from worklist.web.day.grid import MOST_LANES, MOST_ROOMS, Axis, Place, lanes, visible
from worklist.web.day.queries import BoardExam, BoardRoom

# Up to so many rows a card has one line, two lines, three lines.
_SIZES = {1: "short", 2: "short", 3: "middle", 4: "middle", 5: "tall"}
# From so many rows on the name, and then the exam too, may take two of them.
_LONG_NAME_ROWS, _LONG_EXAM_ROWS = 8, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """An exam with its place; ``size`` says how many lines there is room for."""

    exam: BoardExam
    place: Place
    lane: int
    lanes: int
    turnover: Place | None

    @property
    def size(self) -> str:
        """``short``, ``middle``, ``tall`` or ``high``."""
        return _SIZES.get(self.place.rows, "high")

    @property
    def classes(self) -> str:
        """Where the card is and how it looks: the classes of ``/day/grid.css`` and more."""
        at, rows = self.place
        return (
            f"{self.size}{self._room_for_more} is-{self.exam.status.lower()} at-{at} for-{rows}"
            f" lane-{self.lane}-of-{self.lanes}"
        )

    @property
    def _room_for_more(self) -> str:
        if self.place.rows >= _LONG_EXAM_ROWS:
            return " long-name long-exam"
        return " long-name" if self.place.rows >= _LONG_NAME_ROWS else ""

    @property
    def movable(self) -> bool:
        """Whether the exam can still have another slot."""
        return self.exam.status in WITH_SLOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Veil:
    """A shaded stretch of a column: closed, closure or block."""

    place: Place
    kind: str
    text: str
    during: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One room from top to bottom."""

    room: BoardRoom
    veils: Sequence[Veil]
    cards: Sequence[Card]
    lanes: int


class Count(NamedTuple):
    """How many rooms and exams a board has, and how many exams it does not show."""

    rooms: int
    exams: int
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Everything on the board."""

    axis: Axis
    columns: Sequence[Column]
    resting: Sequence[BoardRoom]
    count: Count


def arrange(
    rooms: Iterable[BoardRoom],
    exams: Iterable[BoardExam],
    day: Interval,
    *,
    now: datetime,
    whole_day: bool,
) -> Board:
    """Arrange the day's exams in the columns of their rooms.

    A room that is closed all day and has no exams rests: it gets no column.
    """
    by_room: dict[int, list[BoardExam]] = defaultdict(list)
    for exam in exams:
        by_room[exam.room_id or 0].append(exam)
    shown: list[BoardRoom] = []
    resting: list[BoardRoom] = []
    for room in rooms:
        used = room.opening or by_room[room.room.id]
        (shown if used and len(shown) < MOST_ROOMS else resting).append(room)
    opening = [interval for room in shown for interval in room.opening]
    axis = Axis(*day) if whole_day else visible(day, opening, [now])
    on_day = [exam for room in shown for exam in by_room[room.room.id]]
    return Board(
        axis=axis,
        columns=[column(room, by_room[room.room.id], axis, day) for room in shown],
        resting=resting,
        count=Count(
            len(shown),
            len(on_day),
            sum(exam.ends_at is not None and exam.ends_at <= axis.start for exam in on_day),
            sum(exam.starts_at is not None and exam.starts_at >= axis.end for exam in on_day),
        ),
    )


def column(room: BoardRoom, exams: Sequence[BoardExam], axis: Axis, day: Interval) -> Column:
    """Arrange the exams of one room, sorted by start."""
    closed = [
        Veil(place=place, kind="closed", text="closed", during=one)
        for one in subtract([day], room.opening)
        if (place := axis.place(*one))
    ]
    shades = [
        Veil(place=place, kind=shade.kind, text=shade.text, during=shade.during)
        for shade in room.shades
        if (place := axis.place(*shade.during))
    ]
    cards = list(_cards(exams, axis, room.room.turnover_minutes))
    return Column(
        room=room,
        veils=[*closed, *shades],
        cards=cards,
        lanes=max([1, *(card.lanes for card in cards)]),
    )


def _cards(exams: Sequence[BoardExam], axis: Axis, turnover_minutes: int) -> Iterable[Card]:
    timed = [
        (exam, Interval(exam.starts_at, exam.ends_at))
        for exam in exams
        if exam.starts_at is not None and exam.ends_at is not None
    ]
    placed = [(exam, during, axis.place(*during)) for exam, during in timed]
    seen = [(exam, during, place) for exam, during, place in placed if place is not None]
    for (exam, during, place), (lane, count) in zip(
        seen, lanes([during for _, during, _ in seen]), strict=True
    ):
        after = during.end + timedelta(minutes=turnover_minutes)
        yield Card(
            exam=exam,
            place=place,
            lane=min(lane, MOST_LANES - 1) + 1,
            lanes=min(count, MOST_LANES),
            turnover=axis.place(during.end, after) if turnover_minutes else None,
        )
