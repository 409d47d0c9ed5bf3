"""``/exams/N/screening``: the forms that an exam asks for, and filling one of them."""

from flask import Blueprint, Response, render_template, request, url_for

from worklist.auth.roles import Permission
from worklist.language.text import _
from worklist.orders import service as orders
from worklist.screening import queries, service
from worklist.screening.forms import form
from worklist.web import answers, context
from worklist.web.permissions import require

blueprint = Blueprint("screening", __name__, url_prefix="/exams/<int:exam_id>/screening")


@blueprint.get("")
@require(Permission.CHECK_IN)
def overview(exam_id: int) -> str:
    """List the forms that the exam asks for, with who filled them and when."""
    with context.transaction() as session:
        context.site(session)
        exam = orders.get_exam(session, exam_id)
        wanted = queries.forms_of(session, exam, zone=context.zone(), now=context.now())
        return render_template("screening/overview.html", exam=exam, wanted=wanted)


@blueprint.get("/<code>")
@require(Permission.CHECK_IN)
def show(exam_id: int, code: str) -> str:
    """Show a form, with what was answered last time."""
    with context.transaction() as session:
        context.site(session)
        exam = orders.get_exam(session, exam_id)
        return render_template(
            "screening/form.html",
            exam=exam,
            form=form(code),
            filled=queries.newest(session, exam, code),
        )


@blueprint.post("/<code>")
@require(Permission.CHECK_IN)
def submit(exam_id: int, code: str) -> Response:
    """Keep the answers; the exam is looked at again at once."""
    with context.transaction() as session:
        context.site(session)
        service.submit(
            session,
            orders.get_exam(session, exam_id),
            form(code),
            request.form,
            zone=context.zone(),
            actor=context.actor(),
            now=context.now(),
        )
    return answers.done(
        _("The form is kept and its answers are facts."), to=url_for("exams.show", exam_id=exam_id)
    )
