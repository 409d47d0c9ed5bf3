"""An exam's page and its part that stays up to date."""

from flask import Response, render_template
from flask_login import current_user
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission, may_answer
from worklist.mail import queries as mail
from worklist.orders.models import ScheduledProcedureStep
from worklist.rulebook import queries as rulebook
from worklist.web import context, parts
from worklist.web.exams import fact_form, story
from worklist.web.exams.possible import may_be_booked, possible_actions
from worklist.web.exams.queries import exam_page
from worklist.web.parts import Part
from worklist.web.permissions import require

# In the order of the page: its head, the wide column, the narrow one.
_PARTS = {
    "exam-head": "exams/head.html",
    "exam-now-part": "exams/now.html",
    "exam-questions": "exams/questions.html",
    "exam-why": "exams/why.html",
    "exam-performed": "exams/performed.html",
    "exam-order": "exams/order.html",
    "exam-facts": "exams/facts.html",
    "exam-story": "exams/story.html",
}


@require(Permission.SEE_SCHEDULE)
def show(exam_id: int) -> str:
    """Show the exam."""
    with context.transaction() as session:
        exam, drawn = _drawn(session, exam_id)
        return render_template("exams/page.html", exam=exam, parts=drawn)


@require(Permission.SEE_SCHEDULE)
def live(exam_id: int) -> Response | str:
    """Show what has changed of the parts that a page shows; all of them to one that shows none."""
    with context.transaction() as session:
        exam, drawn = _drawn(session, exam_id)
        if parts.shown():
            return parts.answer(drawn)
        return render_template("exams/live.html", exam=exam, parts=drawn)


def _drawn(session: Session, exam_id: int) -> tuple[ScheduledProcedureStep, list[Part]]:
    context.site(session)
    page = exam_page(session, exam_id)
    exam = page.exam
    drawn = parts.draw(
        _PARTS,
        page=page,
        exam=exam,
        may_be_booked=may_be_booked(exam.status),
        mails=mail.of_exam(session, exam_id) if context.current().settings.sends_mail else (),
        told=mail.told_by_telephone(session, exam_id),
        actions=possible_actions(exam.status, is_paused=page.pause is not None),
        form_of=fact_form.form_of,
        known_value=fact_form.known_value,
        sentence=story.sentence,
        who=story.who,
        may_answer=lambda role: may_answer(current_user.roles, role),
        never_overridden=rulebook.thresholds(session).never_overridden,
        fact_text=fact_form.fact_text,
        entry_text=fact_form.entry_text,
    )
    return exam, drawn
