"""Every write to reminders: one mail for each patient, day, site and lead, and none twice."""

from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from worklist import db, nudge
from worklist.catalogue.models import Resource, Site
from worklist.errors import ConflictError
from worklist.language.text import _
from worklist.mail import queries, reminder
from worklist.mail.models import MailKind, PatientMail, Reminder
from worklist.mail.service import DELIVER_TASK
from worklist.mail.slip import Slip, slip_of
from worklist.orders import trail
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.patients.models import Patient
from worklist.scheduling.intervals import whole_day
from worklist.scheduling.policies import queries as policies
from worklist.scheduling.policy import Policy

ACTOR = "system:reminders"
_MOST_AT_ONCE = 200

log = structlog.get_logger(__name__)


def write_due(sessions: db.SessionFactory, *, locale: str, now: datetime) -> int:
    """Write the mails that are due, each in a transaction of its own; returns how many.

    ``locale`` is the site's language, for patients whose own there is not. What is left, the next
    sweep finds.
    """
    with db.transaction(sessions) as session:
        policy = policies.in_use(session)
        if not policy.remind_hours:
            return 0
        step = ScheduledProcedureStep
        statement = queries.due(policy, now=now).order_by(step.starts_at, step.id)
        numbers = statement.with_only_columns(step.patient_id, maintain_column_froms=True)
        patients = session.scalars(numbers.limit(_MOST_AT_ONCE)).all()
    written = 0
    for patient_id in dict.fromkeys(patients):
        with db.transaction(sessions) as session:
            written += write_for(session, patient_id, policy, locale=locale, now=now)
    return written


def write_for(
    session: Session, patient_id: int, policy: Policy, *, locale: str, now: datetime
) -> int:
    """Write what a patient is due, unless somebody else is at it; returns how many mails."""
    patient = session.scalar(
        select(Patient)
        .where(Patient.id == patient_id)
        .with_for_update(key_share=True, skip_locked=True)
    )
    if patient is None:
        return 0
    step = ScheduledProcedureStep
    due = queries.due(policy, now=now).where(step.patient_id == patient_id)
    first = due.order_by(step.starts_at, step.id).limit(1)
    written = 0
    while (exam := session.scalar(first)) is not None:
        _write(session, exam, policy, locale=locale, now=now)
        written += 1
    return written


def holds(session: Session, mail: PatientMail, *, locale: str, now: datetime) -> bool:
    """Return whether a reminder that waits says what is so now, to whom it is still to go."""
    patient = mail.exam.patient
    if patient.declines_reminders or patient.email != mail.address or mail.exam.starts_at is None:
        return False
    told = _of_day(session, mail.exam, locale=locale, now=now)
    return bool(told) and reminder.content(told) == mail.content


def withdraw(session: Session, mail: PatientMail) -> None:
    """Let what a mail that does not go out was to tell be due again."""
    session.execute(delete(Reminder).where(Reminder.mail_id == mail.id, Reminder.told_at.is_(None)))


def note_sent(session: Session, mail: PatientMail, *, now: datetime) -> None:
    """Write into the trail of each exam that its patient was reminded."""
    for one in mail.reminders:
        trail.record(session, one.exam, "exam.reminded", actor=ACTOR, now=now, language=mail.locale)
        nudge.live(session, "exam", one.exam_id)


def note_told(
    session: Session, exam: ScheduledProcedureStep, *, actor: str, now: datetime
) -> Reminder:
    """Note that the patient was told of the appointment by telephone.

    Raises:
        ConflictError: the exam has no appointment any more, or somebody has told already.
    """
    if exam.status is not StepStatus.SCHEDULED or exam.starts_at is None:
        raise ConflictError(_("This exam has no appointment any more that could be told of."))
    told = session.scalar(
        select(Reminder)
        .where(
            Reminder.exam_id == exam.id,
            Reminder.starts_at == exam.starts_at,
            Reminder.lead_hours == 0,
        )
        .with_for_update()
    )
    if told is None:
        told = Reminder(exam_id=exam.id, starts_at=exam.starts_at)
        session.add(told)
    elif told.told_at is not None:
        raise ConflictError(_("Somebody has told the patient already."))
    told.told_at, told.told_by = now, actor
    session.flush()
    trail.record(session, exam, "exam.reminded_by_telephone", actor=actor, now=now)
    nudge.live(session, "exam", exam.id)
    return told


def _write(
    session: Session,
    exam: ScheduledProcedureStep,
    policy: Policy,
    *,
    locale: str,
    now: datetime,
) -> None:
    """Write one mail about all that the patient of an exam has at its site on its day."""
    if exam.starts_at is None:
        raise AssertionError("only an exam with a slot is reminded of")
    lead = policy.reminder_due(exam.starts_at - now)
    told = _of_day(session, exam, locale=locale, now=now)
    exams = [one.exam for one in told]
    known = session.scalars(
        select(Reminder).where(
            Reminder.exam_id.in_([one.id for one in exams]), Reminder.lead_hours <= lead
        )
    )
    reminded = {(one.exam_id, one.starts_at) for one in known}
    mail = PatientMail(
        exam_id=exam.id,
        kind=MailKind.REMINDER,
        address=exam.patient.email,
        locale=told[0].locale,
        subject=reminder.subject(told)[:200],
        content=reminder.content(told),
        starts_at=told[0].starts_at,
        requested_at=now,
        requested_by=ACTOR,
        next_attempt_at=now,
        reminders=[
            Reminder(exam_id=one.id, starts_at=one.starts_at, lead_hours=lead)
            for one in exams
            if (one.id, one.starts_at) not in reminded
        ],
    )
    session.add(mail)
    session.flush()
    nudge.task(session, DELIVER_TASK, mail.id)
    log.info("mail.reminder", mail_id=mail.id, exams=len(told))


def _of_day(
    session: Session, exam: ScheduledProcedureStep, *, locale: str, now: datetime
) -> list[Slip]:
    """Return the slips of all that the patient still has at the exam's site on the exam's day."""
    step = ScheduledProcedureStep
    site = session.scalars(
        select(Site).join(Resource, Resource.site_id == Site.id).where(Resource.id == exam.room_id)
    ).one()
    if exam.starts_at is None:
        raise AssertionError("only an exam with a slot is reminded of")
    zone = ZoneInfo(site.time_zone)
    day = whole_day(exam.starts_at.astimezone(zone).date(), zone)
    rooms = select(Resource.id).where(Resource.site_id == site.id)
    statement = queries.whom_to_remind(select(step)).where(
        step.patient_id == exam.patient_id,
        step.room_id.in_(rooms),
        step.starts_at > now,
        step.starts_at >= day.start,
        step.starts_at < day.end,
    )
    found = session.scalars(statement.order_by(step.starts_at, step.id)).all()
    return [slip_of(session, one, locale=locale) for one in found]
