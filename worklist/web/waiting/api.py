"""The waiting list and its offers for programs."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import StringConstraints
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.language.text import _
from worklist.orders import service as orders
from worklist.scheduling.waiting import service
from worklist.scheduling.waiting.models import SlotOffer, WaitingEntry
from worklist.web import context
from worklist.web.api.exams import ExamDetail, ExamSummary, RoomName
from worklist.web.api.fields import After, Done, Input, ListQuery, Output, SortedBy
from worklist.web.api.incoming import page_after
from worklist.web.api.operations import Operations
from worklist.web.exams.api import detail
from worklist.web.waiting import queries

api = Operations("Waiting list", "Who would come sooner, and the slots offered to them.")


class Waiting(Output):
    """An exam that would be done sooner."""

    exam: ExamSummary
    added_at: datetime
    added_by: str
    note: str

    @classmethod
    def of(cls, entry: WaitingEntry) -> Self:
        """Describe a place on the list."""
        return cls.made_of(entry, exam=ExamSummary.of(entry.exam))


class Offer(Output):
    """A slot offered to an exam until ``expires_at``; it is not held meanwhile."""

    id: int
    exam: ExamSummary
    room: RoomName | None
    starts_at: datetime
    offered_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, offer: SlotOffer) -> Self:
        """Describe an offer."""
        return cls.made_of(offer, exam=ExamSummary.of(offer.exam), room=RoomName.of(offer.room))


class WaitingList(Output):
    """The open offers, those that expire first first, and the list, the longest waiting first.

    Both are so where nothing else is said. The ``next`` ones are the addresses of the pages that
    follow, null on the last.
    """

    offers: list[Offer]
    next_offers: str | None
    entries: list[Waiting]
    next_entries: str | None


class WaitingQuery(ListQuery):
    """Where the pages of the list and of the offers begin: as the page before told.

    ``sort`` is since, priority, patient, exam or has (the slot that it has), ``offer_sort``
    expires, offered, patient or exam, with ``-`` backwards.
    """

    modality: Annotated[str, StringConstraints(max_length=16)] = ""
    after: After = ""
    offer: After = ""
    sort: SortedBy = ""
    offer_sort: SortedBy = ""


class Enrolment(Input):
    """What the desk should know when it calls."""

    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""


@api.get("/waiting", Permission.BOOK, twins="waiting.overview")
def read_waiting_list(session: Session, query: WaitingQuery) -> WaitingList:
    """Return the offers to call about and who waits, page by page."""
    wanted = queries.Wanted(
        modality=query.modality,
        after=query.after,
        offer_after=query.offer,
        entries_by=queries.entries_by(query.sort),
        offers_by=queries.offers_by(query.offer_sort),
        rows=query.limit,
    )
    offers = queries.offers(session, wanted, now=context.now())
    entries = queries.entries(session, wanted)
    return WaitingList(
        offers=[Offer.of(one) for one in offers.rows],
        next_offers=page_after(offers.after, "offer"),
        entries=[Waiting.of(one) for one in entries.rows],
        next_entries=page_after(entries.after),
    )


@api.post("/waiting/offers/<int:offer_id>/accept", Permission.BOOK, twins="waiting.accept")
def accept_offer(session: Session, offer_id: int) -> ExamDetail:
    """Move the exam to the slot offered."""
    made = service.accept(session, offer_id, actor=context.actor(), now=context.now())
    return detail(session, orders.get_exam(session, made.exam_id))


@api.post("/waiting/offers/<int:offer_id>/decline", Permission.BOOK, twins="waiting.decline")
def decline_offer(session: Session, offer_id: int) -> Done:
    """Note that the patient does not want the slot; the next one is asked."""
    service.decline(session, offer_id, actor=context.actor(), now=context.now())
    return Done(text=_("Noted. The next patient is asked."))


@api.post("/exams/<int:exam_id>/wait", Permission.BOOK, twins="waiting.enrol")
def wait_for_sooner(session: Session, exam_id: int, body: Enrolment) -> Waiting:
    """Put an exam on the waiting list; one that is on it stays where it is."""
    exam = orders.get_exam(session, exam_id)
    note = body.note or _("Put on the list by a program.")
    entry = service.enrol(session, exam, note=note, actor=context.actor(), now=context.now())
    session.flush()
    session.expire(entry)
    return Waiting.of(entry)


@api.post("/exams/<int:exam_id>/stop-waiting", Permission.BOOK, twins="waiting.leave")
def stop_waiting(session: Session, exam_id: int) -> Done:
    """Take an exam off the waiting list; it keeps its slot."""
    service.leave(session, exam_id, actor=context.actor(), now=context.now())
    return Done(text=_("The exam is off the waiting list."))
