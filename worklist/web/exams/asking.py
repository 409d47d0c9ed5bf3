"""The open questions of an exam, to be answered where somebody wants to begin it."""

from flask import Response, make_response, render_template, request
from flask_login import current_user

from worklist.auth.roles import Permission, may_answer
from worklist.rulebook import queries as rulebook
from worklist.web import answers, context
from worklist.web.exams import fact_form
from worklist.web.exams.possible import ACTIONS
from worklist.web.exams.queries import find_exam
from worklist.web.permissions import require

_UNPROCESSABLE = 422


@require(Permission.SEE_SCHEDULE)
def ask(exam_id: int) -> str:
    """Show the questions that are open and, when none is left, the button of what was wanted."""
    return _questions(exam_id, request.args.get("then", ""))


def refused(exam_id: int) -> Response:
    """Answer an action that the open questions forbid: with the questions."""
    name = (request.endpoint or "").partition(".")[2]
    response = make_response(_questions(exam_id, name), _UNPROCESSABLE)
    if answers.is_htmx():
        response.headers["HX-Retarget"] = "#dialog-content"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def _questions(exam_id: int, wanted: str) -> str:
    """Return the questions alone for the dialog, else as a page."""
    part = "exams/asked.html"
    with context.transaction() as session:
        context.site(session)
        exam = find_exam(session, exam_id)
        return render_template(
            part if answers.is_htmx() else "exams/form_page.html",
            part=part,
            exam=exam,
            wanted=next(
                (
                    one
                    for one in ACTIONS
                    if one.endpoint == f"exams.{wanted}" and exam.status in one.statuses
                ),
                None,
            ),
            form_of=fact_form.form_of,
            known_value=fact_form.known_value,
            may_answer=lambda role: may_answer(current_user.roles, role),
            never_overridden=rulebook.thresholds(session).never_overridden,
        )
