"""Exams for programs: read, find slots, book, move, and why it is as it is."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.catalogue.models import Room
from worklist.errors import DomainError
from worklist.language.text import _
from worklist.orders import service as orders
from worklist.orders.models import ScheduledProcedureStep
from worklist.scheduling import questions
from worklist.scheduling import service as scheduling
from worklist.scheduling.assessment import assess
from worklist.scheduling.models import PlacementOutcome
from worklist.scheduling.queries import newest_placement
from worklist.scheduling.search import find_slots, slots_around
from worklist.scheduling.slots import Slot
from worklist.web import context
from worklist.web.api.exams import (
    ExamDetail,
    FreeSlot,
    Question,
    findings,
    free_slots,
    question,
)
from worklist.web.api.fields import Input, Moment, Output, Reason, RowId, TimeOfDay
from worklist.web.api.incoming import version
from worklist.web.api.operations import Operations
from worklist.web.api.people import NewFact
from worklist.web.exams.queries import events_of, find_exam
from worklist.web.exams.questions import deciding_role, hold_of
from worklist.web.exams.story import sentence, who

api = Operations("Exams", "A stay of a patient in a room: its slot, its questions, its course.")


class SlotQuery(Input):
    """Which slots are wanted; everything left out is anything."""

    from_: Annotated[Moment | None, Field(alias="from", description="None begins before it.")] = (
        None
    )
    until: Annotated[Moment | None, Field(description="None begins at it or later.")] = None
    room_id: RowId | None = None
    after_time: Annotated[TimeOfDay | None, Field(description="The earliest time of the day.")] = (
        None
    )
    before_time: Annotated[TimeOfDay | None, Field(description="Times of the day before it.")] = (
        None
    )
    around: Annotated[
        Moment | None,
        Field(
            description="Those nearest to it instead, nearest first, of at most a week before "
            "and after; only room_id narrows them."
        ),
    ] = None
    limit: Annotated[int, Field(ge=1, le=50)] = 12


class Slots(Output):
    """Free slots in the order of time, or of how near they are to what was asked for."""

    items: list[FreeSlot]


class Booking(Input):
    """The room and the start chosen."""

    room_id: RowId
    starts_at: Moment


class RoomFitness(Output):
    """A room of the exam's modality; it may take the exam where nothing stands in the way."""

    id: int
    code: str
    name: str
    obstacles: list[str]


class ExamAssessment(Output):
    """What the rules say now: what forbids the exam, what has to be asked first, all findings."""

    minutes: int
    blocks: list[dict[str, Any]]
    questions: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    rooms: list[RoomFitness]


class Explanation(Output):
    """Why the exam has its room and time, or none; ``explanation`` is null before any attempt."""

    made_at: datetime | None
    actor: str | None
    outcome: PlacementOutcome | None
    summary: str | None
    explanation: dict[str, Any] | None


class Event(Output):
    """Something that happened, in a word for programs and a sentence for people."""

    id: int
    occurred_at: datetime
    action: str
    actor: str
    who: str
    sentence: str
    detail: dict[str, Any]


class Story(Output):
    """What happened, the newest first."""

    items: list[Event]


class Answers(Input):
    """The facts that answer a question."""

    facts: Annotated[list[NewFact], Field(min_length=1, max_length=10)]


class Override(Input):
    """Why the exam goes on although the rule asks."""

    reason: Reason


@api.get("/exams/<int:exam_id>", Permission.SEE_SCHEDULE, twins="exams.show")
def read_exam(session: Session, exam_id: int) -> ExamDetail:
    """Return an exam with its questions; its version is the ETag."""
    return ExamDetail.of(find_exam(session, exam_id))


@api.get("/exams/<int:exam_id>/slots", Permission.BOOK, twins="exams.slots")
def find_exam_slots(session: Session, exam_id: int, query: SlotQuery) -> Slots:
    """Find free slots: the first ones, from a time on, at a time of the day, or around a time."""
    exam = orders.get_exam(session, exam_id)
    if query.room_id is not None and session.get(Room, query.room_id) is None:
        raise DomainError(_("There is no room %(room_id)s.", room_id=query.room_id))
    return Slots(items=free_slots(_wanted_slots(session, exam, query)))


@api.post("/exams/<int:exam_id>/book", Permission.BOOK, twins="exams.book day.place")
def book_exam(session: Session, exam_id: int, body: Booking, if_match: str | None) -> ExamDetail:
    """Book the exam, or move it where it has a slot; one that is taken is 409 with others."""
    exam = orders.get_exam(session, exam_id, version=version(if_match))
    scheduling.book(
        session,
        exam,
        room_id=body.room_id,
        starts_at=body.starts_at,
        actor=context.actor(),
        now=context.now(),
    )
    return detail(session, exam)


@api.get("/exams/<int:exam_id>/assessment", Permission.BOOK, twins="day.candidates")
def assess_exam(session: Session, exam_id: int) -> ExamAssessment:
    """Return what the rules say to the exam now, and which rooms may take it."""
    found = assess(session, orders.get_exam(session, exam_id), now=context.now())
    return ExamAssessment(
        minutes=found.plan.room_minutes,
        blocks=findings(found.blocks),
        questions=findings(found.holds),
        findings=findings(found.findings),
        rooms=[
            RoomFitness(
                id=one.room.id,
                code=one.room.code,
                name=one.room.name,
                obstacles=list(one.obstacles),
            )
            for one in found.candidates
        ],
    )


@api.get("/exams/<int:exam_id>/explanation", Permission.SEE_SCHEDULE)
def explain_exam(session: Session, exam_id: int) -> Explanation:
    """Return why the exam has this room and this time, and why not the others."""
    placement = newest_placement(session, find_exam(session, exam_id).id)
    if placement is None:
        return Explanation(made_at=None, actor=None, outcome=None, summary=None, explanation=None)
    return Explanation.model_validate(placement)


@api.get("/exams/<int:exam_id>/events", Permission.SEE_SCHEDULE)
def read_story(session: Session, exam_id: int) -> Story:
    """Return what happened to the exam and its order, the newest first."""
    return Story(
        items=[
            Event(
                id=one.id,
                occurred_at=one.occurred_at,
                action=one.action,
                actor=one.actor,
                who=who(one.actor),
                sentence=sentence(one),
                detail=one.detail,
            )
            for one in events_of(session, find_exam(session, exam_id))
        ]
    )


@api.post("/exams/<int:exam_id>/questions/<int:hold_id>/answer", None, twins="exams.answer")
def answer_question(session: Session, exam_id: int, hold_id: int, body: Answers) -> Question:
    """Record the facts that answer the question; whom it asks may."""
    hold = hold_of(session, exam_id, hold_id)
    given = [one.details(context.now()) for one in body.facts]
    questions.answer_hold(session, hold, given, actor=context.actor(), now=context.now())
    return question(hold)


@api.post("/exams/<int:exam_id>/questions/<int:hold_id>/override", None, twins="exams.override")
def override_question(session: Session, exam_id: int, hold_id: int, body: Override) -> Question:
    """Let the exam go on all the same, for a reason; whom it asks may."""
    hold = hold_of(session, exam_id, hold_id)
    questions.override_hold(
        session,
        hold,
        reason=body.reason,
        role=deciding_role(hold),
        actor=context.actor(),
        now=context.now(),
    )
    return question(hold)


def detail(session: Session, exam: ScheduledProcedureStep) -> ExamDetail:
    """Return the exam as it is after a change."""
    session.flush()
    session.expire(exam)
    return ExamDetail.of(exam)


def _wanted_slots(
    session: Session, exam: ScheduledProcedureStep, query: SlotQuery
) -> Sequence[Slot]:
    room_id, now = query.room_id, context.now()
    if query.around is None:
        return find_slots(
            session,
            exam,
            now=now,
            from_=query.from_,
            until=query.until,
            room_id=room_id,
            day_part=_day_part(query),
            limit=query.limit,
        )
    if query.from_ or query.until or query.after_time or query.before_time:
        raise DomainError(_("around goes with room_id and limit alone: leave out the others."))
    return slots_around(session, exam, query.around, now=now, room_id=room_id, limit=query.limit)


def _day_part(query: SlotQuery) -> tuple[time, time] | None:
    if query.after_time is None and query.before_time is None:
        return None
    part = (
        time.fromisoformat(query.after_time) if query.after_time else time.min,
        time.fromisoformat(query.before_time) if query.before_time else time.max,
    )
    if part[0] >= part[1]:
        raise DomainError(_("after_time has to be earlier than before_time."))
    return part
