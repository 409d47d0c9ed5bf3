"""Who is to be reminded by telephone, and why no mail does it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, contains_eager

from worklist.catalogue.models import Resource, Room
from worklist.language.text import Text, _
from worklist.mail import queries
from worklist.mail.models import PatientMail
from worklist.mail.standing import Standing, counted
from worklist.orders.models import RequestedProcedure, ScheduledProcedureStep
from worklist.scheduling.intervals import Interval
from worklist.scheduling.policies import queries as policies
from worklist.web.paging import BY_PATIENT, Key, Page, Sorting, sorted_page

_COLUMNS: dict[str, Key] = {
    "time": ScheduledProcedureStep.starts_at,
    "patient": BY_PATIENT,
    "exam": RequestedProcedure.description,
    "room": Resource.code,
}
# How the list is sorted, as the address says it: else by time.
listed_by = partial(Sorting.of, columns=_COLUMNS, unique=ScheduledProcedureStep.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which day of which site is asked for; ``by_mail`` says whether the department sends mail."""

    site_id: int
    day: Interval
    by_mail: bool
    after: str = ""
    sorting: Sorting = field(default_factory=lambda: listed_by(""))
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class ToTelephone:
    """A page of the exams whose patients are to be told, and mails that could not be delivered.

    ``standings`` counts all appointments of the day by how their patients are reminded.
    """

    page: Page[ScheduledProcedureStep]
    failed: Mapping[int, PatientMail]
    standings: Mapping[Standing, int]

    def why(self, exam: ScheduledProcedureStep) -> Text:
        """Return why no mail reminds the patient."""
        if not exam.patient.email:
            return _("no e-mail address")
        mail = self.failed.get(exam.id)
        if mail is None:
            return _("no reminders by e-mail")
        return _("e-mail was not delivered: %(error)s", error=mail.error_text)


def to_telephone(session: Session, wanted: Wanted, *, now: datetime) -> ToTelephone:
    """Return a page of the list.

    Raises:
        DomainError: there is no such page.
    """
    exam = ScheduledProcedureStep
    requested = contains_eager(exam.requested_procedure)
    policy = policies.in_use(session)
    statement = queries.to_telephone(
        wanted.site_id, wanted.day, policy, by_mail=wanted.by_mail, now=now
    ).options(
        contains_eager(exam.patient),
        contains_eager(exam.room).contains_eager(Room.resource),
        requested.joinedload(RequestedProcedure.procedure),
        requested.contains_eager(RequestedProcedure.order),
    )
    page = sorted_page(session, statement, wanted.sorting, after=wanted.after, rows=wanted.rows)
    return ToTelephone(
        page,
        queries.failed_mails(session, [one.id for one in page.rows]),
        counted(session, wanted.site_id, wanted.day, policy, by_mail=wanted.by_mail, now=now),
    )


def belongs_to_day(wanted: Wanted) -> ColumnElement[bool]:
    """Return the condition of exams that the list may be about."""
    exam = ScheduledProcedureStep
    rooms = select(Resource.id).where(Resource.site_id == wanted.site_id)
    day = wanted.day
    return exam.room_id.in_(rooms) & exam.starts_at.between(day.start, day.end)
