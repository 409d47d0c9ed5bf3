"""What a technologist writes down of an exam, for programs: contrast, dose, another procedure."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.errors import DomainError
from worklist.language.text import _
from worklist.orders import service as orders
from worklist.patients.contrast import ReactionSeverity
from worklist.performing import changing, contrast, hand_doses
from worklist.performing.reports import Dose, GivenContrast
from worklist.vocabulary import Contrast, ContrastRoute
from worklist.web import context
from worklist.web.api.exams import ExamDetail
from worklist.web.api.fields import Done, Input, Moment, Output, Reason
from worklist.web.api.incoming import version
from worklist.web.api.operations import Operations
from worklist.web.exams.api import detail
from worklist.web.exams.recording import require_unread

api = Operations("Recording", "Contrast given, dose, and the procedure that was done.")

_Word = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)]
_Measure = Annotated[float, Field(gt=0, lt=1_000_000)]


class NewContrast(Input):
    """Contrast that was given: volume in mL, now where no time is told."""

    agent: Annotated[_Word, StringConstraints(min_length=1)]
    route: ContrastRoute | None = None
    volume_ml: _Measure | None = None
    lot: _Word = ""
    reaction: ReactionSeverity | None = None
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    given_at: Moment | None = None


class ContrastGiven(Output):
    """Contrast that was given, by a person or as a scanner told."""

    id: int
    agent: str
    medium: Contrast | None
    route: str
    volume_ml: float | None
    lot: str
    reaction: ReactionSeverity | None
    note: str
    given_at: datetime
    recorded_by: str


class RecordedContrast(ContrastGiven):
    """Contrast with the exam it was given in."""

    exam_id: int


class ContrastList(Output):
    """The contrast of an exam."""

    items: list[ContrastGiven]


class NewDose(Input):
    """The dose that a scanner did not tell: mGy, mGy·cm, dGy·cm², s."""

    ctdi_vol_mgy: _Measure | None = None
    dlp_mgy_cm: _Measure | None = None
    dap_dgy_cm2: _Measure | None = None
    fluoroscopy_seconds: _Measure | None = None
    exposures: Annotated[int, Field(ge=1, lt=1_000_000)] | None = None


class OtherProcedure(Input):
    """What is done instead, and why."""

    procedure_code: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32)
    ]
    reason: Reason


@api.get("/exams/<int:exam_id>/contrast", Permission.SEE_SCHEDULE)
def list_contrast(session: Session, exam_id: int) -> ContrastList:
    """List the contrast that was given in an exam."""
    orders.get_exam(session, exam_id)
    found = contrast.of_exam(session, exam_id)
    return ContrastList(items=[ContrastGiven.model_validate(one) for one in found])


@api.post(
    "/exams/<int:exam_id>/contrast",
    Permission.PERFORM,
    creates="/exams/{exam_id}/contrast",
    twins="exams.give_contrast",
)
def give_contrast(
    session: Session, exam_id: int, body: NewContrast, if_match: str | None
) -> RecordedContrast:
    """Record contrast that was given; a reaction is known of the patient from then on."""
    exam = orders.get_exam(session, exam_id, version=version(if_match))
    if body.given_at is not None and body.given_at > context.now():
        raise DomainError("given_at is still to come.")
    row = contrast.give(
        session,
        exam,
        GivenContrast(agent=body.agent, route=body.route or "", volume_ml=body.volume_ml),
        lot=body.lot,
        reaction=body.reaction,
        note=body.note,
        given_at=body.given_at,
        actor=context.actor(),
        now=context.now(),
    )
    return RecordedContrast.made_of(row, exam_id=exam_id)


@api.post(
    "/exams/<int:exam_id>/contrast/<int:given_id>/withdraw",
    Permission.PERFORM,
    twins="exams.withdraw_contrast",
)
def withdraw_contrast(session: Session, exam_id: int, given_id: int) -> Done:
    """Take back what a person recorded by mistake."""
    orders.get_exam(session, exam_id)
    contrast.withdraw(session, given_id, actor=context.actor(), now=context.now())
    return Done(text=_("Taken back."))


@api.put("/exams/<int:exam_id>/dose", Permission.PERFORM, twins="exams.enter_dose")
def enter_dose(session: Session, exam_id: int, body: NewDose, if_match: str | None) -> Done:
    """Record the dose that the scanner did not report."""
    exam = orders.get_exam(session, exam_id, version=version(if_match))
    dose = Dose(**body.model_dump())
    row = hand_doses.enter(session, exam, dose, actor=context.actor(), now=context.now())
    return Done(text=_("Recorded: %(what)s.", what=str(row)))


@api.post("/exams/<int:exam_id>/procedure", Permission.PERFORM, twins="exams.change_procedure")
def record_other_procedure(
    session: Session, exam_id: int, body: OtherProcedure, if_match: str | None
) -> ExamDetail:
    """Make the exam the procedure that is done."""
    exam = orders.get_exam(session, exam_id, version=version(if_match))
    require_unread(session, exam)
    changing.change_procedure(
        session,
        exam,
        body.procedure_code,
        reason=body.reason,
        actor=context.actor(),
        now=context.now(),
    )
    return detail(session, exam)
