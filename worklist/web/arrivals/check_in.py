"""Checking in: whoever comes says name and birth date and fills the forms of the exam."""

from flask import Response, render_template, request, url_for
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.errors import DomainError
from worklist.language.text import _
from worklist.orders import service as orders
from worklist.orders import trail
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.performing import service as performing
from worklist.scheduling.intervals import Interval, whole_day
from worklist.screening import queries as screening
from worklist.web import answers, context
from worklist.web.arrivals.queries import with_others_of_the_day
from worklist.web.permissions import require


@require(Permission.CHECK_IN)
def form(exam_id: int) -> str:
    """Show who is expected, which forms are to be filled, and what else is booked today."""
    with context.transaction() as session:
        context.site(session)
        exam, others = with_others_of_the_day(session, exam_id, today())
        return render_template(
            "arrivals/check_in.html" if answers.is_htmx() else "arrivals/check_in_page.html",
            exam=exam,
            others=others,
            forms=screening.forms_of(session, exam, zone=context.zone(), now=context.now()),
        )


@require(Permission.CHECK_IN)
def check_in(exam_id: int) -> Response:
    """Check the patient in for the exam and for the others of the day that are ticked."""
    if request.form.get("identity") != "checked":
        raise DomainError(
            _("Ask for name and birth date first, and compare them with this record.")
        )
    with context.transaction() as session:
        exam = orders.get_exam(session, exam_id, version=context.version())
        for one in [exam, *_also(session, exam)]:
            arrive(session, one)
    to = None if answers.is_htmx() else url_for("arrivals.arrivals")
    return answers.done(_("Checked in."), "exam", to=to)


def today() -> Interval:
    """Return today in the site's zone."""
    return whole_day(context.today(), context.zone())


def arrive(session: Session, exam: ScheduledProcedureStep) -> None:
    """Check the patient in, whose name and birth date were compared with the record."""
    now, actor = context.now(), context.actor()
    performing.check_in(session, exam, actor=actor, now=now)
    trail.record(
        session,
        exam,
        "exam.identity_checked",
        actor=actor,
        now=now,
    )


def _also(session: Session, exam: ScheduledProcedureStep) -> list[ScheduledProcedureStep]:
    """Return the patient's other exams that are ticked in the form."""
    ticked = [orders.get_exam(session, one) for one in request.form.getlist("also", type=int)]
    return [
        one
        for one in ticked
        if one.patient_id == exam.patient_id and one.status is StepStatus.SCHEDULED
    ]
