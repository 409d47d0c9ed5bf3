"""What the queue of performed steps without an exam shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from worklist.catalogue.procedures import Procedure
from worklist.dicom.performed_summary import PerformedSummary, summarise
from worklist.performing import unscheduled
from worklist.performing.models import PerformedProcedureStep
from worklist.performing.unscheduled import Suggestion
from worklist.web import open_lists
from worklist.web.open_lists import Changes, OpenList
from worklist.web.paging import Page, Sorting, paginate, sorted_page

# Fewer than of other lists: a step is looked at with the exams that it may be of.
ROWS = 20
_STEP = PerformedProcedureStep


@dataclass(frozen=True, slots=True)
class Waiting:
    """A step that waits, what it tells, the exams it may be of, and what may be ordered for it."""

    step: PerformedProcedureStep
    told: PerformedSummary
    suggestions: Sequence[Suggestion]
    procedures: Sequence[Procedure]


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of the steps that wait, how many wait in all, and a page of those rejected last."""

    waiting: Page[Waiting]
    total: int
    rejected: Page[PerformedProcedureStep]


# How the steps that wait are sorted, as the address says it: else the oldest first.
sorting = partial(
    Sorting.of,
    columns={"began": _STEP.started_at, "station": _STEP.performed_station_ae_title},
    unique=_STEP.id,
)


def listed(modality: str = "") -> Select[PerformedProcedureStep]:
    """Select the steps that wait for a person."""
    statement = unscheduled.waiting()
    return statement.where(_STEP.modality == modality) if modality else statement


def steps(
    session: Session, by: Sorting, *, modality: str = "", after: str = "", rows: int | None = None
) -> Page[PerformedProcedureStep]:
    """Return a page of the steps that wait for a person.

    Raises:
        DomainError: there is no such page.
    """
    return sorted_page(session, listed(modality), by, after=after, rows=rows or ROWS)


def queue(
    session: Session, by: Sorting, *, modality: str, after: str, rejected_after: str
) -> Queue:
    """Return what the page shows.

    Raises:
        DomainError: one of the lists has no such page.
    """
    page = steps(session, by, modality=modality, after=after)
    return Queue(
        waiting=Page(_waiting(session, page.rows), page.after),
        total=unscheduled.count(session),
        rejected=rejected(session, after=rejected_after, rows=ROWS),
    )


def rejected(session: Session, *, after: str, rows: int) -> Page[PerformedProcedureStep]:
    """Return a page of the steps that are of no exam, the last ones first.

    Raises:
        DomainError: there is no such page.
    """
    return paginate(
        session,
        unscheduled.rejected(),
        (_STEP.rejected_at, _STEP.id),
        after=after,
        descending=True,
        rows=rows,
    )


def changes(
    session: Session, by: Sorting, told: OpenList, *, modality: str, after: str
) -> Changes[Waiting]:
    """Return which steps that wait news of exams changes: those that one of the exams may be of.

    Raises:
        DomainError: there is no such page.
    """
    exams = unscheduled.to_compare(session, told.news)
    shown = told.rows.get("performed", ())
    found = open_lists.changes(
        session,
        listed(modality),
        by,
        after=after,
        shown=shown,
        news={
            one.id
            for one in session.scalars(select(_STEP).where(_STEP.id.in_(shown)))
            if any(unscheduled.may_be_of(one, exam) for exam in exams)
        },
        rows=ROWS,
    )
    drawn = {one.step.id: one for one in _waiting(session, list(found.drawn.values()))}
    return Changes(found.ids, found.shown, drawn, found.after)


def _waiting(session: Session, found: Sequence[PerformedProcedureStep]) -> list[Waiting]:
    procedures = _procedures(session, {step.modality for step in found}) if found else ()
    return [
        Waiting(
            step,
            summarise(step.attributes),
            unscheduled.suggestions(session, step),
            [one for one in procedures if one.modality == step.modality],
        )
        for step in found
    ]


def modalities(session: Session) -> Sequence[str]:
    """Return the modalities of the steps that wait."""
    return session.scalars(
        select(_STEP.modality).where(_STEP.waits).distinct().order_by(_STEP.modality)
    ).all()


def _procedures(session: Session, modalities: set[str]) -> Sequence[Procedure]:
    return session.scalars(
        select(Procedure)
        .where(Procedure.active, Procedure.modality.in_(modalities))
        .order_by(Procedure.name)
    ).all()
