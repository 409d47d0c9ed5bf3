"""The rooms' boards for programs: what is done now, next and later, and what is late."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Annotated, Self

from pydantic import StringConstraints
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.orders.models import ScheduledProcedureStep
from worklist.performing import pauses
from worklist.web import context
from worklist.web.api.exams import ExamSummary, RoomName, shared_fields
from worklist.web.api.fields import Day, Input, Output
from worklist.web.api.operations import Operations
from worklist.web.rooms import page, queries
from worklist.web.rooms.lanes import Alert, Lanes, lanes, minutes_late

api = Operations("Rooms", "Each room's exams: in the room, next, later and done.")

Look = Callable[[ScheduledProcedureStep, datetime], Alert | None]


class SiteQuery(Input):
    """The site by its code; without it the first one."""

    site: Annotated[str, StringConstraints(max_length=16)] = ""


class RoomQuery(Input):
    """The day at the room's site; without it today."""

    day: Day | None = None


class Notice(Output):
    """What a person should notice; ``level`` is soon or late."""

    level: str
    text: str


class LaneExam(ExamSummary):
    """An exam on a room's board, since when it is as it is, and what is wrong with it now."""

    status_changed_at: datetime
    arrived_at: datetime | None
    started_at: datetime | None
    is_paused: bool
    alert: Notice | None

    @classmethod
    def on_board(cls, exam: ScheduledProcedureStep, look: Look, paused: Iterable[int]) -> Self:
        """Describe an exam; ``look`` says what is wrong with it."""
        found = look(exam, context.now())
        notice = Notice(level=found.level, text=str(found.text)) if found else None
        return cls.made_of(
            exam, **shared_fields(exam), is_paused=exam.id in set(paused), alert=notice
        )


class RoomLanes(Output):
    """A room's exams by what is to be done with them, each in the order of time."""

    now: list[LaneExam]
    next: list[LaneExam]
    later: list[LaneExam]
    done: list[LaneExam]

    @classmethod
    def of(cls, session: Session, found: Lanes) -> Self:
        """Describe a room's lanes."""
        look = page.alert_of(session, found.to_come)
        paused = pauses.of_exams(session, [exam.id for exam in found.now])
        return cls(
            **{
                name: [LaneExam.on_board(exam, look, paused) for exam in getattr(found, name)]
                for name in cls.model_fields
            }
        )


class RoomBoard(Output):
    """A room's day; ``minutes_late`` is how far it is behind."""

    room: RoomName
    site: str
    day: date
    minutes_late: int
    lanes: RoomLanes


class RoomTile(Output):
    """A room at this moment; ``closed`` says why it is, and is empty where it is open."""

    room: RoomName
    closed: str
    minutes_late: int
    now: list[ExamSummary]
    next: list[ExamSummary]
    later: int
    done: int
    waiting: int


class RoomTiles(Output):
    """The rooms of a site as they stand on the board."""

    site: str
    items: list[RoomTile]


@api.get("/rooms", Permission.SEE_SCHEDULE, twins="rooms.overview rooms.wall")
def list_rooms(session: Session, query: SiteQuery) -> RoomTiles:  # noqa: ARG001 - context reads it
    """Show every room of a site: now, next, who waits, how late."""
    site = context.site(session)
    return RoomTiles(site=site.code, items=[_tile(one) for one in page.tiles_of(session)])


@api.get("/rooms/<code>", Permission.SEE_SCHEDULE, twins="rooms.room")
def read_room(session: Session, code: str, query: RoomQuery) -> RoomBoard:
    """Show one room's day in lanes."""
    room = queries.room(session, code)
    site = room.resource.site
    context.use_site(site)
    day = query.day or context.today()
    exams = queries.exams_of_room(session, room.id, *context.day_bounds(day))
    return RoomBoard(
        room=RoomName(id=room.id, code=room.code, name=room.name),
        site=site.code,
        day=day,
        minutes_late=minutes_late(exams, context.now()),
        lanes=RoomLanes.of(session, lanes(exams)),
    )


def _tile(tile: page.Tile) -> RoomTile:
    return RoomTile(
        room=RoomName(id=tile.room.id, code=tile.room.code, name=tile.room.name),
        closed=str(tile.closed),
        minutes_late=tile.late,
        now=[ExamSummary.of(one) for one in tile.lanes.now],
        next=[ExamSummary.of(one) for one in tile.lanes.next],
        later=len(tile.lanes.later),
        done=tile.done,
        waiting=tile.lanes.waiting,
    )
