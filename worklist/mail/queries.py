"""Whom to remind of which appointments: by e-mail, or by telephone."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, false, func, not_, or_, select
from sqlalchemy.orm import Session

from worklist.catalogue.models import Resource, Room
from worklist.mail.models import MailKind, MailState, PatientMail, Reminder
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.orders.status import StepStatus
from worklist.patients.models import Patient
from worklist.scheduling.intervals import Interval
from worklist.scheduling.policy import Policy
from worklist.vocabulary import PatientClass

_MOST_SHOWN = 5
_APART = timedelta(days=1)

Statement = TypeVar("Statement", bound=Select[*tuple[Any, ...]])


def whom_to_remind(statement: Statement) -> Statement:
    """Narrow a statement about exams to those whose patients a department reminds.

    Outpatients who are expected and have not said that they want no reminders: whoever is in the
    house is fetched. The statement is joined with patient and requested procedure.
    """
    exam = ScheduledProcedureStep
    return (
        statement.join(exam.patient)
        .join(exam.requested_procedure)
        .join(RequestedProcedure.order)
        .where(
            exam.status == StepStatus.SCHEDULED,
            ImagingServiceRequest.patient_class == PatientClass.OUTPATIENT,
            not_(Patient.declines_reminders),
        )
    )


def due(policy: Policy, *, now: datetime) -> Select[ScheduledProcedureStep]:
    """Select the exams whose patients get a mail now: near enough, not too near, not told yet.

    Whoever was told less than a day ago is not told again: who books six days before is reminded
    at once, for want of the week, and then on the day before.
    """
    exam = ScheduledProcedureStep
    lately = PatientMail.requested_at > now - _APART
    leads = [
        and_(
            exam.starts_at <= now + timedelta(hours=lead),
            not_(select(Reminder.id).where(of_this_time(), Reminder.lead_hours <= lead).exists()),
        )
        for lead in policy.remind_hours
    ]
    return whom_to_remind(select(exam)).where(
        exam.starts_at > now + timedelta(hours=policy.remind_least_hours),
        or_(false(), *leads),
        Patient.email != "",
        not_(select(Reminder.id).join(PatientMail).where(of_this_time(), lately).exists()),
    )


def to_telephone(
    site_id: int, day: Interval, policy: Policy, *, by_mail: bool, now: datetime
) -> Select[ScheduledProcedureStep]:
    """Select the exams of a day to come whose patients no mail reaches and nobody has told.

    ``by_mail`` says whether the department sends e-mail; then those with an address are left to
    it, but for mails that could not be delivered.
    """
    exam = ScheduledProcedureStep
    statement = whom_to_remind(select(exam)).join(exam.room).join(Room.resource)
    statement = statement.where(
        Resource.site_id == site_id,
        exam.starts_at >= max(day.start, now),
        exam.starts_at < day.end,
        not_(select(Reminder.id).outerjoin(PatientMail).where(of_this_time(), _reached()).exists()),
    )
    if by_mail and policy.remind_hours:
        failed = select(Reminder.id).where(of_this_time()).exists()
        statement = statement.where(or_(Patient.email == "", failed))
    return statement


def failed_mails(session: Session, exam_ids: Sequence[int]) -> dict[int, PatientMail]:
    """Return the reminder that could not be delivered of each of these exams that has one."""
    rows = session.execute(
        select(Reminder.exam_id, PatientMail)
        .join(PatientMail)
        .join(ScheduledProcedureStep, ScheduledProcedureStep.id == Reminder.exam_id)
        .where(
            Reminder.exam_id.in_(exam_ids),
            of_this_time(),
            PatientMail.state == MailState.FAILED,
        )
    )
    return {exam_id: mail for exam_id, mail in rows}  # noqa: C416 - a row is no pair to mypy


def of_exam(session: Session, exam_id: int) -> Sequence[PatientMail]:
    """Return the newest mails that tell of an exam, newest first."""
    reminding = select(Reminder.mail_id).where(Reminder.exam_id == exam_id)
    statement = (
        select(PatientMail)
        .where(or_(PatientMail.exam_id == exam_id, PatientMail.id.in_(reminding)))
        .order_by(PatientMail.id.desc())
        .limit(_MOST_SHOWN)
    )
    return session.scalars(statement).all()


def told_by_telephone(session: Session, exam_id: int) -> Reminder | None:
    """Return that the patient was told of the exam's time by telephone, if so."""
    return session.scalar(
        select(Reminder)
        .join(ScheduledProcedureStep, ScheduledProcedureStep.id == Reminder.exam_id)
        .where(Reminder.exam_id == exam_id, Reminder.told_at.is_not(None), of_this_time())
    )


def reminders_of_patient(session: Session, patient_id: int) -> Sequence[PatientMail]:
    """Return the newest reminders that a patient was sent, newest first."""
    exam = ScheduledProcedureStep
    statement = (
        select(PatientMail)
        .join(exam, exam.id == PatientMail.exam_id)
        .where(exam.patient_id == patient_id, PatientMail.kind == MailKind.REMINDER)
        .order_by(PatientMail.id.desc())
        .limit(_MOST_SHOWN)
    )
    return session.scalars(statement).all()


def of_this_time() -> ColumnElement[bool]:
    """Return that a reminder is of the exam, and of the time that it has now."""
    exam = ScheduledProcedureStep
    return and_(Reminder.exam_id == exam.id, Reminder.starts_at == exam.starts_at)


def _reached() -> ColumnElement[bool]:
    on_its_way = PatientMail.state.in_([MailState.WAITING, MailState.SENT])
    return or_(Reminder.told_at.is_not(None), func.coalesce(on_its_way, False))
