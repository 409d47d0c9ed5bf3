"""The reminders by telephone for programs."""

from datetime import date
from typing import Annotated

from pydantic import StringConstraints
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.language.text import _
from worklist.mail import reminding
from worklist.mail.standing import Standing
from worklist.orders import service as orders
from worklist.scheduling.intervals import whole_day
from worklist.web import context
from worklist.web.api.exams import ExamSummary
from worklist.web.api.fields import After, Day, Done, ListQuery, Output, Sentence, SortedBy
from worklist.web.api.incoming import page_after
from worklist.web.api.operations import Operations
from worklist.web.reminders import queries
from worklist.web.reminders.page import tomorrow

api = Operations("Reminders", "Outpatients whom no e-mail reminds of their appointment.")


class ReminderQuery(ListQuery):
    """Which day of which site: the first site and tomorrow where nothing is said.

    ``sort`` is time, patient, exam or room, with ``-`` backwards.
    """

    site: Annotated[str, StringConstraints(max_length=16)] | None = None
    day: Day | None = None
    sort: SortedBy = ""
    after: After = ""


class ToRemind(Output):
    """An exam whose patient is to be called, and why no e-mail does it."""

    exam: ExamSummary
    phone: str
    language: str
    preparation: str
    why: Sentence


class ReminderList(Output):
    """A page of a day's list; ``next`` is the address of the page that follows.

    ``standings`` counts all appointments of the day by how their patients are reminded, or why
    they are not.
    """

    site: str
    day: date
    standings: dict[Standing, int]
    items: list[ToRemind]
    next: str | None


@api.get("/reminders", Permission.BOOK, twins="reminders.overview")
def read_reminders(session: Session, query: ReminderQuery) -> ReminderList:
    """Return who is to be reminded by telephone."""
    site = context.site(session)
    day = query.day or tomorrow()
    wanted = queries.Wanted(
        site_id=site.id,
        day=whole_day(day, context.zone()),
        by_mail=context.current().settings.sends_mail,
        after=query.after,
        sorting=queries.listed_by(query.sort),
        rows=query.limit,
    )
    shown = queries.to_telephone(session, wanted, now=context.now())
    return ReminderList(
        site=site.code,
        day=day,
        standings=dict(shown.standings),
        items=[
            ToRemind(
                exam=ExamSummary.of(one),
                phone=one.patient.phone,
                language=one.patient.language,
                preparation=one.procedure.preparation,
                why=shown.why(one),
            )
            for one in shown.page.rows
        ],
        next=page_after(shown.page.after),
    )


@api.post("/exams/<int:exam_id>/reminded", Permission.BOOK, twins="reminders.told")
def note_reminded(session: Session, exam_id: int) -> Done:
    """Note that the patient was reminded by telephone of the time that the exam has."""
    exam = orders.get_exam(session, exam_id)
    reminding.note_told(session, exam, actor=context.actor(), now=context.now())
    return Done(text=_("Noted: the patient was reminded."))
