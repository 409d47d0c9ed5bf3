"""The day board, the rooms and the day's arrivals for programs."""

from datetime import date, datetime
from typing import Annotated, Self

from pydantic import StringConstraints
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.orders.status import StepStatus
from worklist.patients import names
from worklist.scheduling.intervals import whole_day
from worklist.vocabulary import PatientClass, Priority
from worklist.web import context
from worklist.web.api.exams import ExamSummary
from worklist.web.api.fields import After, Day, Input, ListQuery, Output, SortedBy
from worklist.web.api.incoming import page_after
from worklist.web.api.operations import Operations
from worklist.web.arrivals import queries as arrivals
from worklist.web.arrivals.check_in import today
from worklist.web.day import queries
from worklist.web.day.queries import BoardExam, BoardRoom
from worklist.web.rooms.queries import sites

api = Operations("The day", "Rooms with their exams, what waits for a slot, and who is expected.")

_SiteCode = Annotated[str, StringConstraints(max_length=16)]


class DayQuery(Input):
    """Which day of which site; today and the first site where they are left out."""

    site: _SiteCode | None = None
    day: Day | None = None
    modality: Annotated[str, StringConstraints(max_length=16)] = ""


class ArrivalQuery(ListQuery):
    """Which arrivals of today; ``after`` and ``here`` begin a page as the one before told.

    ``sort`` and ``here_sort`` are time, patient, exam or room, those here also by waits, with
    ``-`` backwards.
    """

    site: _SiteCode | None = None
    modality: Annotated[str, StringConstraints(max_length=16)] = ""
    room: Annotated[str, StringConstraints(max_length=16)] = ""
    after: After = ""
    here: After = ""
    sort: SortedBy = ""
    here_sort: SortedBy = ""


class BoardCard(Output):
    """An exam as the board shows it; ``room_id`` is null for one without a slot."""

    id: int
    version: int
    status: StepStatus
    status_reason: str
    room_id: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    description: str
    modality: str
    patient_name: str
    priority: Priority
    patient_class: PatientClass
    location: str

    @classmethod
    def of(cls, exam: BoardExam) -> Self:
        """Describe a card."""
        return cls.made_of(exam, patient_name=names.display(exam.patient_name))


class BoardStretch(Output):
    """A stretch of a room's day that is a closure, a holiday or a block, and what it is for."""

    kind: str
    text: str
    starts_at: datetime
    ends_at: datetime


class OpenStretch(Output):
    """A stretch in which a room is open."""

    starts_at: datetime
    ends_at: datetime


class BoardColumn(Output):
    """A room and its day."""

    id: int
    code: str
    name: str
    modalities: list[str]
    opening: list[OpenStretch]
    shades: list[BoardStretch]
    exams: list[BoardCard]


class DayBoard(Output):
    """A site's day; ``waiting`` are exams without a slot, of which there are ``waiting_count``."""

    site: str
    day: date
    time_zone: str
    rooms: list[BoardColumn]
    waiting: list[BoardCard]
    waiting_count: int


class ArrivalList(Output):
    """Exams of today: missing for more than ten minutes, late, still expected, and here.

    The first three are one page by time, which goes on at ``next_awaited``; ``here`` goes on at
    ``next_here``.
    """

    missing: list[ExamSummary]
    late: list[ExamSummary]
    expected: list[ExamSummary]
    next_awaited: str | None
    here: list[ExamSummary]
    next_here: str | None


class SiteName(Output):
    """A site."""

    code: str
    name: str
    time_zone: str


class Sites(Output):
    """The sites in use."""

    items: list[SiteName]


@api.get("/sites", Permission.SEE_SCHEDULE)
def list_sites(session: Session) -> Sites:
    """List the sites in use."""
    return Sites(items=[SiteName.model_validate(one) for one in sites(session)])


@api.get(
    "/day",
    Permission.SEE_SCHEDULE,
    twins="day.board day.part day.cells",
)
def read_day(session: Session, query: DayQuery) -> DayBoard:
    """Return the day board of a site."""
    site = context.site(session)
    day = query.day or context.today()
    bounds = whole_day(day, context.zone())
    rooms = [
        one
        for one in queries.rooms_of_day(session, site.id, bounds)
        if not query.modality or query.modality in one.room.modalities
    ]
    exams = queries.exams_of_day(session, [one.room.id for one in rooms], bounds)
    waiting, count = queries.tray(session, query.modality or None)
    return DayBoard(
        site=site.code,
        day=day,
        time_zone=site.time_zone,
        rooms=[
            _column(one, [exam for exam in exams if exam.room_id == one.room.id]) for one in rooms
        ],
        waiting=[BoardCard.of(one) for one in waiting],
        waiting_count=count,
    )


@api.get("/arrivals", Permission.CHECK_IN, twins="arrivals.arrivals arrivals.form")
def list_arrivals(session: Session, query: ArrivalQuery) -> ArrivalList:
    """List who is missing, late, expected and here today."""
    site = context.site(session)
    wanted = arrivals.Wanted(
        site_id=site.id,
        day=today(),
        modality=query.modality,
        room=query.room,
        after=query.after,
        here_after=query.here,
        awaited_by=arrivals.awaited_by(query.sort),
        here_by=arrivals.here_by(query.here_sort),
        rows=query.limit,
    )
    now = context.now()
    found = arrivals.arrivals(session, wanted, now=now)
    awaited: dict[str, list[ExamSummary]] = {"missing": [], "late": [], "expected": []}
    for one in found.awaited.rows:
        awaited[arrivals.lateness(one, now)].append(ExamSummary.of(one))
    return ArrivalList(
        **awaited,
        next_awaited=page_after(found.awaited.after),
        here=[ExamSummary.of(one) for one in found.here.rows],
        next_here=page_after(found.here.after, "here"),
    )


def _column(room: BoardRoom, exams: list[BoardExam]) -> BoardColumn:
    return BoardColumn(
        id=room.room.id,
        code=room.room.code,
        name=room.room.name,
        modalities=list(room.room.modalities),
        opening=[OpenStretch(starts_at=one.start, ends_at=one.end) for one in room.opening],
        shades=[
            BoardStretch(
                kind=one.kind, text=one.text, starts_at=one.during.start, ends_at=one.during.end
            )
            for one in room.shades
        ],
        exams=[BoardCard.of(one) for one in exams],
    )
