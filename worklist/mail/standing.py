"""How the patients of a day are reminded, counted: by mail, by telephone, or why not."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, case, func, literal, not_, select
from sqlalchemy.orm import Session

from worklist.catalogue.models import Resource
from worklist.language.text import Text, ngettext
from worklist.mail.models import MailState, PatientMail, Reminder
from worklist.mail.queries import of_this_time
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


class Standing(StrEnum):
    """What became of reminding a patient of an appointment, or why nothing does."""

    BY_TELEPHONE = "by_telephone"
    BY_MAIL = "by_mail"
    ON_ITS_WAY = "on_its_way"
    DUE_LATER = "due_later"
    NOT_DELIVERED = "not_delivered"
    NO_ADDRESS = "no_address"
    NOT_BY_MAIL = "not_by_mail"
    TOO_LATE = "too_late"
    DECLINED = "declined"
    IN_THE_HOUSE = "in_the_house"


def counted(
    session: Session, site_id: int, day: Interval, policy: Policy, *, by_mail: bool, now: datetime
) -> Mapping[Standing, int]:
    """Return how many appointments of a day at a site stand how; what none does is not there.

    ``by_mail`` says whether the department sends e-mail.
    """
    exam, order = ScheduledProcedureStep, ImagingServiceRequest
    mails = by_mail and bool(policy.remind_hours)
    too_late = exam.starts_at <= now + timedelta(hours=policy.remind_least_hours)
    standing = case(
        (order.patient_class != PatientClass.OUTPATIENT, Standing.IN_THE_HOUSE),
        (Patient.declines_reminders, Standing.DECLINED),
        (_reminded(Reminder.told_at.is_not(None)), Standing.BY_TELEPHONE),
        (_reminded(PatientMail.state == MailState.SENT), Standing.BY_MAIL),
        (_reminded(PatientMail.state == MailState.WAITING), Standing.ON_ITS_WAY),
        (_reminded(PatientMail.state == MailState.FAILED), Standing.NOT_DELIVERED),
        (Patient.email == "", Standing.NO_ADDRESS),
        (not_(literal(mails)), Standing.NOT_BY_MAIL),
        (too_late, Standing.TOO_LATE),
        else_=Standing.DUE_LATER,
    )
    rooms = select(Resource.id).where(Resource.site_id == site_id)
    rows = session.execute(
        select(standing, func.count())
        .select_from(exam)
        .join(exam.patient)
        .join(exam.requested_procedure)
        .join(RequestedProcedure.order)
        .where(
            exam.status == StepStatus.SCHEDULED,
            exam.room_id.in_(rooms),
            exam.starts_at >= day.start,
            exam.starts_at < day.end,
        )
        .group_by(standing)
    )
    found = {Standing(name): number for name, number in rows}
    return {one: found[one] for one in Standing if one in found}


def told(standing: Standing, number: int) -> Text:
    """Return a count as a sentence says it."""
    return {
        Standing.BY_TELEPHONE: ngettext(
            "%(num)s told by telephone", "%(num)s told by telephone", number
        ),
        Standing.BY_MAIL: ngettext(
            "%(num)s reminded by e-mail", "%(num)s reminded by e-mail", number
        ),
        Standing.ON_ITS_WAY: ngettext(
            "%(num)s e-mail on its way", "%(num)s e-mails on their way", number
        ),
        Standing.DUE_LATER: ngettext(
            "%(num)s e-mail due later", "%(num)s e-mails due later", number
        ),
        Standing.NOT_DELIVERED: ngettext(
            "%(num)s e-mail not delivered", "%(num)s e-mails not delivered", number
        ),
        Standing.NO_ADDRESS: ngettext(
            "%(num)s without an e-mail address", "%(num)s without an e-mail address", number
        ),
        Standing.NOT_BY_MAIL: ngettext(
            "%(num)s with an address, but no reminders are sent",
            "%(num)s with an address, but no reminders are sent",
            number,
        ),
        Standing.TOO_LATE: ngettext(
            "%(num)s booked too late for an e-mail",
            "%(num)s booked too late for an e-mail",
            number,
        ),
        Standing.DECLINED: ngettext(
            "%(num)s wants no reminders", "%(num)s want no reminders", number
        ),
        Standing.IN_THE_HOUSE: ngettext(
            "%(num)s is in the house and fetched", "%(num)s are in the house and fetched", number
        ),
    }[standing]


def _reminded(how: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(Reminder.id).outerjoin(PatientMail).where(of_this_time(), how).exists()
