"""Pages of the waiting list and of the offers to call about."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from flask import request
from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.scheduling.waiting import queries
from worklist.scheduling.waiting.models import SlotOffer, WaitingEntry
from worklist.vocabulary import Priority
from worklist.web import open_lists
from worklist.web.open_lists import Changes, OpenList
from worklist.web.paging import BY_PATIENT, Key, Page, Sorting, sorted_page

Row = TypeVar("Row")

# An exam without a slot comes behind all that have one.
_NO_SLOT = datetime(9999, 1, 1, tzinfo=UTC)
_OF_EXAM: dict[str, Key] = {"patient": BY_PATIENT, "exam": RequestedProcedure.description}
_OFFERS: dict[str, Key] = {
    "expires": SlotOffer.expires_at,
    "offered": SlotOffer.starts_at,
    **_OF_EXAM,
}
_ENTRIES: dict[str, Key | tuple[Key, ...]] = {
    "since": WaitingEntry.added_at,
    "priority": (
        case({one: one.rank for one in Priority}, value=ImagingServiceRequest.priority),
        WaitingEntry.added_at,
    ),
    "has": func.coalesce(ScheduledProcedureStep.starts_at, _NO_SLOT),
    **_OF_EXAM,
}
# How the offers are sorted, as the address says it: else those that expire first first.
offers_by = partial(Sorting.of, columns=_OFFERS, unique=SlotOffer.id)
# How the list is sorted, as the address says it: else the longest waiting first.
entries_by = partial(Sorting.of, columns=_ENTRIES, unique=WaitingEntry.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which of the list and of the offers are asked for; a page has ``rows`` of each."""

    modality: str = ""
    after: str = ""
    offer_after: str = ""
    entries_by: Sorting = field(default_factory=lambda: entries_by(""))
    offers_by: Sorting = field(default_factory=lambda: offers_by(""))
    rows: int | None = None


def asked() -> Wanted:
    """Return what the address asks for.

    Raises:
        DomainError: one of the lists has no such column.
    """
    given = request.args.get
    return Wanted(
        modality=given("modality", ""),
        after=given("after", ""),
        offer_after=given("offer", ""),
        entries_by=entries_by(given("sort", "")),
        offers_by=offers_by(given("offer-sort", "")),
    )


def offered(wanted: Wanted, *, now: datetime) -> Select[SlotOffer]:
    """Select the offers that are open."""
    return _narrowed(queries.open_offers(now=now), wanted)


def waiting(wanted: Wanted) -> Select[WaitingEntry]:
    """Select who waits."""
    return _narrowed(queries.waiting_list(), wanted)


def offers(session: Session, wanted: Wanted, *, now: datetime) -> Page[SlotOffer]:
    """Return a page of the offers that are open.

    Raises:
        DomainError: there is no such page.
    """
    statement = offered(wanted, now=now)
    return sorted_page(
        session, statement, wanted.offers_by, after=wanted.offer_after, rows=wanted.rows
    )


def entries(session: Session, wanted: Wanted) -> Page[WaitingEntry]:
    """Return a page of who waits.

    Raises:
        DomainError: there is no such page.
    """
    statement = waiting(wanted)
    return sorted_page(session, statement, wanted.entries_by, after=wanted.after, rows=wanted.rows)


def changes(
    session: Session, wanted: Wanted, told: OpenList, *, now: datetime
) -> tuple[Changes[SlotOffer], Changes[WaitingEntry]]:
    """Return what news of exams changes of the two lists.

    Raises:
        DomainError: one of them has no such page.
    """
    offer, entry = SlotOffer, WaitingEntry
    of_offers = select(offer.id).where(offer.exam_id.in_(told.news))
    of_entries = select(entry.id).where(entry.exam_id.in_(told.news))
    return (
        open_lists.changes(
            session,
            offered(wanted, now=now),
            wanted.offers_by,
            after=wanted.offer_after,
            shown=told.rows.get("offer", ()),
            news=set(session.scalars(of_offers)),
        ),
        open_lists.changes(
            session,
            waiting(wanted),
            wanted.entries_by,
            after=wanted.after,
            shown=told.rows.get("entry", ()),
            news=set(session.scalars(of_entries)),
        ),
    )


def _narrowed(statement: Select[Row], wanted: Wanted) -> Select[Row]:
    if wanted.modality:
        return statement.where(ScheduledProcedureStep.modality == wanted.modality)
    return statement
