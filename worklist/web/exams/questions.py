"""Answering or overriding the questions that hold an exam."""

from flask import Response, abort, request
from flask_login import current_user
from sqlalchemy.orm import Session

from worklist.auth.roles import UserRole, may_answer
from worklist.errors import NotFoundError
from worklist.language.text import _
from worklist.orders import service as orders
from worklist.orders.models import ExamHold
from worklist.scheduling import questions
from worklist.web import answers, context
from worklist.web.exams import fact_form


def answer(exam_id: int, hold_id: int) -> Response:
    """Record the fact that answers the question; the exam is looked at again at once."""
    with context.transaction() as session:
        context.site(session)
        hold = hold_of(session, exam_id, hold_id)
        details = fact_form.read(request.form.get("kind", hold.fact or ""), request.form)
        questions.answer_hold(session, hold, [details], actor=context.actor(), now=context.now())
    return answers.done(_("Recorded. The exam is being looked at again."), "exam", "hold")


def override(exam_id: int, hold_id: int) -> Response:
    """Let the exam go on all the same, for a reason."""
    with context.transaction() as session:
        hold = hold_of(session, exam_id, hold_id)
        questions.override_hold(
            session,
            hold,
            reason=request.form.get("reason", ""),
            role=deciding_role(hold),
            actor=context.actor(),
            now=context.now(),
        )
    return answers.done(_("Approved. The exam is being placed."), "exam", "hold")


def deciding_role(hold: ExamHold) -> str:
    """Return as what the person who is signed in decides the question."""
    return hold.role if hold.role in current_user.roles else UserRole.ADMINISTRATOR


def hold_of(session: Session, exam_id: int, hold_id: int) -> ExamHold:
    """Return the question, if the person who is signed in is one of those whom it asks."""
    orders.get_exam(session, exam_id)
    hold = session.get(ExamHold, hold_id)
    if hold is None or hold.exam_id != exam_id:
        raise NotFoundError(_("There is no such question: it may have been withdrawn. Look again."))
    if not may_answer(current_user.roles, hold.role):
        abort(403)
    return hold
