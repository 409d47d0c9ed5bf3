"""Checking in: whoever comes says name and birth date, and answers what the exam asks of them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from flask import Response, render_template, request, url_for
from sqlalchemy.orm import Session

from worklist.audit import service as audit
from worklist.auth.roles import Permission
from worklist.errors import DomainError
from worklist.orders import service as orders
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.patients.details import FactDetails
from worklist.patients.models import FactKind, FactOrigin
from worklist.performing import service as performing
from worklist.scheduling import service as scheduling
from worklist.scheduling.assessment import Assessment, assess
from worklist.scheduling.intervals import Interval
from worklist.web import answers, context, errors
from worklist.web.arrivals.queries import with_others_of_the_day
from worklist.web.exams import fact_form
from worklist.web.permissions import require

_MAY_BE_PREGNANT = range(12, 56)  # years, as the rules ask
_UNPROCESSABLE = 422


@require(Permission.CHECK_IN)
def form(exam_id: int) -> str:
    """Show who is expected and what has to be asked."""
    with context.transaction() as session:
        context.site(session)
        exam, others = with_others_of_the_day(session, exam_id, today())
        return render_template(
            "arrivals/check_in.html" if answers.is_htmx() else "arrivals/check_in_page.html",
            exam=exam,
            others=others,
            questions=[(kind, fact_form.NAMES[kind]) for kind in _asked(exam)],
        )


@require(Permission.CHECK_IN)
def check_in(exam_id: int) -> Response:
    """Check the patient in, unless an answer raises a question that somebody must decide."""
    if request.form.get("identity") != "checked":
        raise DomainError("Ask for name and birth date first, and compare them with this record.")
    with context.transaction() as session:
        context.site(session)
        exam = orders.get_exam(session, exam_id, version=context.version())
        objection = _record_answers(session, exam)
        if not objection:
            for one in [exam, *_also(session, exam)]:
                _arrive(session, one)
    if objection:
        return errors.refused(f"Recorded, but not checked in. {objection}", _UNPROCESSABLE)
    return answers.done("Checked in.", "exam", to=None if answers.is_htmx() else _list())


def today() -> Interval:
    """Return today in the site's zone."""
    day = context.now().astimezone(context.zone()).date()
    return Interval(*(one.astimezone(UTC) for one in context.day_bounds(day)))


def _arrive(session: Session, exam: ScheduledProcedureStep) -> None:
    now, actor = context.now(), context.actor()
    performing.check_in(session, exam, actor=actor, now=now)
    audit.record(
        session,
        "exam.identity_checked",
        actor=actor,
        now=now,
        patient_id=exam.patient_id,
        exam_id=exam.id,
    )


def _also(session: Session, exam: ScheduledProcedureStep) -> list[ScheduledProcedureStep]:
    """Return the patient's other exams that are ticked in the form."""
    ticked = [orders.get_exam(session, one) for one in request.form.getlist("also", type=int)]
    return [
        one
        for one in ticked
        if one.patient_id == exam.patient_id and one.status is StepStatus.SCHEDULED
    ]


def _asked(exam: ScheduledProcedureStep) -> list[FactKind]:
    """Return what a patient is asked at the desk before this kind of exam."""
    asked = [FactKind.MR_SCREENING] if exam.modality == "MR" else []
    patient = exam.patient
    born, day = patient.birth_date, context.now().date()
    years = day.year - born.year - ((day.month, day.day) < (born.month, born.day)) if born else 30
    concerns = exam.procedure.ionising or exam.modality == "MR"
    if concerns and patient.sex != "M" and years in _MAY_BE_PREGNANT:
        asked.append(FactKind.PREGNANCY)
    return asked


def _record_answers(session: Session, exam: ScheduledProcedureStep) -> str:
    """Record what was answered; returns what the rules say to it that they did not say before."""
    now = context.now()
    given = _answers(request.form, _asked(exam), now)
    if not given:
        return ""
    before = _objections(assess(session, exam, now=now))
    scheduling.record_facts(session, exam.patient_id, given, actor=context.actor(), now=now)
    after = _objections(assess(session, exam, now=now))
    return " ".join(text for rule, text in after.items() if rule not in before)


def _objections(assessment: Assessment) -> dict[str, str]:
    return {one.rule: one.text for one in assessment.blocks} | {
        one.rule: f"{one.question} Asked of: {one.role.replace('_', ' ')}."
        for one in assessment.holds
    }


def _answers(
    form: Mapping[str, str], asked: Sequence[FactKind], now: datetime
) -> list[FactDetails]:
    return [
        FactDetails(
            kind=kind,
            value={"answer": form[kind] == "yes"},
            observed_at=now,
            origin=FactOrigin.SCREENING_FORM,
        )
        for kind in asked
        if form.get(kind) in {"yes", "no"}
    ]


def _list() -> str:
    return url_for("arrivals.arrivals")
