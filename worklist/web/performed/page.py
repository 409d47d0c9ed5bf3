"""``/performed``: performed steps that wait for a person, to link, to order or to reject."""

from flask import Blueprint, Response, render_template, request, url_for
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.errors import DomainError
from worklist.language.text import _
from worklist.orders import service as orders
from worklist.orders.models import ScheduledProcedureStep
from worklist.patients.models import Patient
from worklist.performing import linking, unscheduled
from worklist.performing.models import PerformedProcedureStep
from worklist.web import answers, context, open_lists
from worklist.web.exams import story
from worklist.web.performed import files, queries
from worklist.web.permissions import require

blueprint = Blueprint("performed", __name__, url_prefix="/performed")
blueprint.add_url_rule("/list.csv", "waiting_file", files.waiting)
blueprint.add_url_rule("/rejected.csv", "rejected_file", files.rejected)


@blueprint.get("")
@require(Permission.SEE_SCHEDULE)
def overview() -> Response | str:
    """Show the queue, or what news of exams changes of it.

    Filter, sorting and the pages of both lists are in the address.
    """
    given = request.args.get
    by, modality = queries.sorting(given("sort", "")), given("modality", "")
    with context.transaction() as session:
        context.site(session)
        if seen := open_lists.seen():
            after = given("after", "")
            changes = queries.changes(session, by, seen, modality=modality, after=after)
            if not changes.is_whole:
                return open_lists.answer(
                    "performed/changes.html", [changes], is_recounted=False, who=story.who
                )
        template = "performed/queue.html" if answers.is_htmx() else "performed/page.html"
        return render_template(
            template,
            queue=queries.queue(
                session,
                by,
                modality=modality,
                after=given("after", ""),
                rejected_after=given("rejected", ""),
            ),
            sorting=by,
            modality=modality,
            modalities=queries.modalities(session),
            who=story.who,
        )


@blueprint.post("/<int:performed_id>/link")
@require(Permission.PERFORM)
def link(performed_id: int) -> Response:
    """Link the step to an exam that was suggested, or whose accession number is typed."""
    with context.transaction() as session:
        step = unscheduled.get(session, performed_id)
        exam = _exam(session, step)
        unscheduled.link(session, step, exam, actor=context.actor(), now=context.now())
        text = _("Linked to %(accession)s.", accession=exam.order.accession_number)
    return answers.done(text, "exam", "performed")


@blueprint.post("/<int:performed_id>/order")
@require(Permission.PERFORM)
def order(performed_id: int) -> Response:
    """Make the order that was missing, and link the step to its exam."""
    with context.transaction() as session:
        step = unscheduled.get(session, performed_id)
        exam = unscheduled.order(
            session,
            step,
            _patient(session, step),
            request.form.get("procedure", ""),
            actor=context.actor(),
            now=context.now(),
        )
        text = _("Ordered as %(accession)s.", accession=exam.order.accession_number)
        to = url_for("exams.show", exam_id=exam.id)
    return answers.done(text, to=to)


@blueprint.post("/<int:performed_id>/reject")
@require(Permission.PERFORM)
def reject(performed_id: int) -> Response:
    """Say that the step is of no exam, and why."""
    with context.transaction() as session:
        step = unscheduled.get(session, performed_id)
        reason = request.form.get("reason", "")
        unscheduled.reject(session, step, reason=reason, actor=context.actor(), now=context.now())
    return answers.done(_("Rejected."), "performed")


def _exam(session: Session, step: PerformedProcedureStep) -> ScheduledProcedureStep:
    exam_id = request.form.get("exam", type=int)
    if exam_id is not None:
        return orders.get_exam(session, exam_id)
    accession_number = request.form.get("accession", "").strip().upper()
    exam = linking.exam_of_accession(session, accession_number, step.modality)
    if exam is None:
        raise DomainError(
            _(
                "No one exam has the accession number %(accession_number)s: look it up with "
                "the search at the top.",
                accession_number=repr(accession_number),
            )
        )
    return exam


def _patient(session: Session, step: PerformedProcedureStep) -> Patient:
    if step.patient is not None:
        return step.patient
    number = request.form.get("number", "").strip()
    patient = linking.patient_of_number(session, number) if number else None
    if patient is None:
        raise DomainError(
            _(
                "No one patient has the number %(number)s: look the patient up with the "
                "search at the top, or register the patient first.",
                number=repr(number),
            )
        )
    return patient
