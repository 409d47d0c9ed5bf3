"""What happens to an exam, for programs: the buttons of its page."""

from functools import partial

from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.orders import service as orders
from worklist.performing import pauses
from worklist.performing import service as performing
from worklist.scheduling import service as scheduling
from worklist.web import context
from worklist.web.api.exams import ExamDetail
from worklist.web.api.fields import Input, Line, ReasonBody
from worklist.web.api.incoming import version
from worklist.web.api.operations import Operations
from worklist.web.arrivals.check_in import arrive
from worklist.web.exams.actions import Change, ReasonedChange
from worklist.web.exams.api import detail

api = Operations("Course of an exam", "Arrival, start, end; and what takes the slot away.")


class CheckIn(Input):
    """Whether name and birth date were compared with the record; the trail keeps that."""

    identity_checked: bool = False


class NoShow(Input):
    """Why the patient did not come, where it is known."""

    reason: Line = ""


@api.post(
    "/exams/<int:exam_id>/check-in",
    Permission.CHECK_IN,
    twins="exams.check_in arrivals.check_in",
)
def check_in_exam(
    session: Session, exam_id: int, body: CheckIn, if_match: str | None
) -> ExamDetail:
    """Note that the patient has come."""
    exam = orders.get_exam(session, exam_id, version=version(if_match))
    if body.identity_checked:
        arrive(session, exam)
    else:
        performing.check_in(session, exam, actor=context.actor(), now=context.now())
    return detail(session, exam)


@api.post("/exams/<int:exam_id>/ready", Permission.CHECK_IN, twins="exams.make_ready")
def make_exam_ready(session: Session, exam_id: int, if_match: str | None) -> ExamDetail:
    """Note that the patient is prepared and waits for the room."""
    return _change(session, exam_id, if_match, performing.make_ready)


@api.post("/exams/<int:exam_id>/start", Permission.PERFORM, twins="exams.start")
def start_exam(session: Session, exam_id: int, if_match: str | None) -> ExamDetail:
    """Note that the exam has begun, or goes on after all.

    While questions are open the answer is 422 with them under `questions`: answer or override
    each, and send it again.
    """
    return _change(session, exam_id, if_match, performing.start)


@api.post("/exams/<int:exam_id>/complete", Permission.PERFORM, twins="exams.complete")
def complete_exam(session: Session, exam_id: int, if_match: str | None) -> ExamDetail:
    """Note that the exam is done."""
    return _change(session, exam_id, if_match, performing.complete)


@api.post("/exams/<int:exam_id>/discontinue", Permission.PERFORM, twins="exams.discontinue")
def discontinue_exam(
    session: Session, exam_id: int, body: ReasonBody, if_match: str | None
) -> ExamDetail:
    """Note that the exam was broken off, and why."""
    return _change_because(session, exam_id, if_match, body.reason, performing.discontinue)


@api.post("/exams/<int:exam_id>/pause", Permission.PERFORM, twins="exams.pause")
def pause_exam(
    session: Session, exam_id: int, body: ReasonBody, if_match: str | None
) -> ExamDetail:
    """Note that the exam is paused, and why."""
    return _change_because(session, exam_id, if_match, body.reason, pauses.pause)


@api.post("/exams/<int:exam_id>/resume", Permission.PERFORM, twins="exams.resume")
def resume_exam(session: Session, exam_id: int, if_match: str | None) -> ExamDetail:
    """Note that a paused exam goes on."""
    return _change(session, exam_id, if_match, pauses.resume)


@api.post("/exams/<int:exam_id>/no-show", Permission.CHECK_IN, twins="exams.no_show")
def note_no_show(session: Session, exam_id: int, body: NoShow, if_match: str | None) -> ExamDetail:
    """Note that the patient did not come, and why where it is known; the slot is free."""
    return _change_because(session, exam_id, if_match, body.reason, scheduling.mark_no_show)


@api.post("/exams/<int:exam_id>/cancel", Permission.BOOK, twins="exams.cancel")
def cancel_exam(
    session: Session, exam_id: int, body: ReasonBody, if_match: str | None
) -> ExamDetail:
    """Cancel the exam, and say why; the slot is free."""
    return _change_because(session, exam_id, if_match, body.reason, scheduling.cancel_exam)


@api.post("/exams/<int:exam_id>/unschedule", Permission.BOOK, twins="exams.unschedule")
def unschedule_exam(
    session: Session, exam_id: int, body: ReasonBody, if_match: str | None
) -> ExamDetail:
    """Give the slot back, and say why; the desk gives the exam another."""
    return _change_because(session, exam_id, if_match, body.reason, scheduling.unschedule)


@api.post("/exams/<int:exam_id>/place", Permission.BOOK, twins="exams.place")
def place_exam(session: Session, exam_id: int, if_match: str | None) -> ExamDetail:
    """Let the workers find a room and a time."""
    return _change(session, exam_id, if_match, scheduling.place_automatically)


def _change(session: Session, exam_id: int, if_match: str | None, change: Change) -> ExamDetail:
    exam = orders.get_exam(session, exam_id, version=version(if_match))
    change(session, exam, actor=context.actor(), now=context.now())
    return detail(session, exam)


def _change_because(
    session: Session, exam_id: int, if_match: str | None, reason: str, change: ReasonedChange
) -> ExamDetail:
    return _change(session, exam_id, if_match, partial(change, reason=reason))
