"""Making room for an urgent exam, for programs: whom it would move, and moving them."""

from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.orders import service as orders
from worklist.scheduling import service as scheduling
from worklist.scheduling.displacement import whom_to_move
from worklist.web import context
from worklist.web.api.exams import (
    ExamDetail,
    ExamSummary,
    FreeSlot,
)
from worklist.web.api.fields import Input, Moment, Output, RowId
from worklist.web.api.operations import Operations
from worklist.web.exams.api import detail

api = Operations("Making room", "Whom an urgent exam would move, and moving them.")


class Displacement(Output):
    """One way to make room: the slot won, the exams that would move and how much harm that is.

    ``next_starts`` are the next times that each of them could have.
    """

    slot: FreeSlot
    exams: list[ExamSummary]
    next_starts: list[datetime | None]
    weight: float


class Displacements(Output):
    """The ways, the least harm first."""

    items: list[Displacement]


class Displacing(Input):
    """One of the ways told."""

    moved: Annotated[list[RowId], Field(min_length=1, max_length=10)]
    room_id: RowId
    starts_at: Moment


@api.get("/exams/<int:exam_id>/displacements", Permission.BOOK, twins="exams.displacing")
def find_displacements(session: Session, exam_id: int) -> Displacements:
    """Tell whom to move so that an urgent exam begins in time."""
    exam = orders.get_exam(session, exam_id)
    return Displacements(
        items=[
            Displacement(
                slot=FreeSlot.model_validate(one.slot),
                exams=[ExamSummary.of(moved) for moved in one.exams],
                next_starts=list(one.next_starts),
                weight=one.weight,
            )
            for one in whom_to_move(session, exam, now=context.now())
        ]
    )


@api.post("/exams/<int:exam_id>/displace", Permission.BOOK, twins="exams.displace")
def displace_exams(session: Session, exam_id: int, body: Displacing) -> ExamDetail:
    """Move the exams named and give this one their slot: all of it, or nothing."""
    for one in (exam_id, *body.moved):
        orders.get_exam(session, one)
    scheduling.displace(
        session,
        exam_id,
        body.moved,
        room_id=body.room_id,
        starts_at=body.starts_at,
        actor=context.actor(),
        now=context.now(),
    )
    return detail(session, orders.get_exam(session, exam_id))
