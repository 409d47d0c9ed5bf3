"""An exam's page and its part that stays up to date."""

from flask import render_template
from flask_login import current_user

from worklist.auth.roles import Permission, may_answer
from worklist.mail import queries as mail
from worklist.rulebook import queries as rulebook
from worklist.web import context
from worklist.web.exams import fact_form, story
from worklist.web.exams.possible import may_be_booked, possible_actions
from worklist.web.exams.queries import exam_page
from worklist.web.permissions import require


@require(Permission.SEE_SCHEDULE)
def show(exam_id: int) -> str:
    """Show the exam."""
    return _render("exams/page.html", exam_id)


@require(Permission.SEE_SCHEDULE)
def live(exam_id: int) -> str:
    """Show the part of the page that follows what happens."""
    return _render("exams/live.html", exam_id)


def _render(template: str, exam_id: int) -> str:
    with context.transaction() as session:
        context.site(session)
        shown = exam_page(session, exam_id)
        return render_template(
            template,
            page=shown,
            exam=shown.exam,
            may_be_booked=may_be_booked(shown.exam.status),
            mails=mail.of_exam(session, exam_id) if context.current().settings.sends_mail else (),
            told=mail.told_by_telephone(session, exam_id),
            actions=possible_actions(shown.exam.status, is_paused=shown.pause is not None),
            form_of=fact_form.form_of,
            known_value=fact_form.known_value,
            sentence=story.sentence,
            who=story.who,
            may_answer=lambda role: may_answer(current_user.roles, role),
            never_overridden=rulebook.thresholds(session).never_overridden,
            fact_text=fact_form.fact_text,
            entry_text=fact_form.entry_text,
        )
