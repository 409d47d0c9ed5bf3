"""What administrators' pages read: lists, histories, and what stands in the way of a change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Self

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session, joinedload

from worklist.audit.changes import AdministrativeChange
from worklist.catalogue.editing.kind import Kind
from worklist.catalogue.editing.kinds import KINDS
from worklist.catalogue.image_managers import ImageManager
from worklist.catalogue.models import Resource, ResourceKind, Room, Site, Station
from worklist.catalogue.procedures import Procedure
from worklist.db import Base
from worklist.dicom.models import Forward
from worklist.orders.models import RequestedProcedure, ScheduledProcedureStep
from worklist.orders.status import FINAL, StepStatus
from worklist.scheduling.models import Reservation
from worklist.web.distinct import distinct_values
from worklist.web.paging import Key, Page, Sorting, sorted_page

MOST_NAMED = 20
_CHANGES: dict[str, Key | tuple[Key, ...]] = {
    "when": AdministrativeChange.id,
    "who": AdministrativeChange.actor,
    "what": (AdministrativeChange.kind, AdministrativeChange.code),
    "code": AdministrativeChange.code,
}


def listing(
    session: Session,
    kind: Kind[Any, Any],
    sorting: Sorting,
    *,
    text: str,
    everything: bool,
    after: str,
    rows: int | None = None,
) -> Page[Any]:
    """Return a page of things whose code, name or synonym has ``text``."""
    statement = kind.select()
    active = _active(kind)
    if active is not None and not everything:
        statement = statement.where(active)
    if text:
        found = (column.icontains(text, autoescape=True) for column in kind.searched)
        statement = statement.where(or_(*found))
    return sorted_page(session, statement, sorting, after=after, rows=rows)


def counts(session: Session) -> dict[str, int]:
    """Return how many things of each kind are in use."""
    found = {}
    for name, kind in KINDS.items():
        active = _active(kind)
        statement = kind.select() if active is None else kind.select().where(active)
        counted = statement.with_only_columns(func.count(), maintain_column_froms=True)
        found[name] = session.scalar(counted.order_by(None)) or 0
    return found


# How the changes are sorted, as the address says it: else the newest first.
changes_by = partial(Sorting.of, columns=_CHANGES, unique=AdministrativeChange.id, usual="-when")


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedChanges:
    """Which changes: of a kind of thing, of one thing, by somebody whose name has ``who``."""

    kind: str = ""
    code: str = ""
    who: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Self:
        """Return which changes an address asks for."""
        return cls(**{name: given.get(name, "").strip() for name in ("kind", "code", "who")})


def changed_kinds(session: Session) -> Sequence[str]:
    """Return the kinds of things that were ever changed."""
    return distinct_values(session, AdministrativeChange.kind)


def recent(
    session: Session,
    wanted: WantedChanges,
    sorting: Sorting,
    *,
    after: str = "",
    rows: int | None = None,
) -> Page[AdministrativeChange]:
    """Return a page of changes.

    Raises:
        DomainError: there is no such page.
    """
    change = AdministrativeChange
    statement = select(change)
    if wanted.kind:
        statement = statement.where(change.kind == wanted.kind)
    if wanted.code:
        statement = statement.where(change.code == wanted.code)
    if wanted.who:
        statement = statement.where(change.actor.icontains(wanted.who, autoescape=True))
    return sorted_page(session, statement, sorting, after=after, rows=rows)


def site_codes(session: Session, *, kept: str = "") -> Sequence[str]:
    """Return the codes of the sites in use, and of the one that is ``kept``."""
    wanted = Site.active | (Site.code == kept)
    return session.scalars(select(Site.code).where(wanted).order_by(Site.id)).all()


def room_codes(session: Session, *, kept: str = "") -> Sequence[str]:
    """Return the codes of the rooms in use, and of the one that is ``kept``."""
    return session.scalars(
        select(Resource.code)
        .join(Room, Room.id == Resource.id)
        .where(Resource.active | (Resource.code == kept))
        .order_by(Resource.code)
    ).all()


def resource_codes(session: Session) -> Sequence[str]:
    """Return the codes of everything that has hours and is in use, rooms first."""
    no_room = Resource.kind != ResourceKind.ROOM
    return session.scalars(
        select(Resource.code).where(Resource.active).order_by(no_room, Resource.code)
    ).all()


def booked(
    session: Session,
    row: Base,
    *,
    now: datetime,
) -> Sequence[ScheduledProcedureStep]:
    """Return exams to come that need the thing, soonest first, at most `MOST_NAMED`."""
    exam = ScheduledProcedureStep
    statement = select(exam).options(joinedload(exam.patient)).limit(MOST_NAMED)
    if isinstance(row, Room | Resource):
        held = select(Reservation.exam_id).where(
            Reservation.resource_id == row.id,
            Reservation.during.overlaps(Range(now, None, bounds="[)")),
        )
        statement = statement.where(exam.id.in_(held), exam.status == StepStatus.SCHEDULED)
    elif isinstance(row, Station):
        statement = statement.where(
            exam.station_id == row.id,
            exam.starts_at > now,
            exam.status.in_(set(StepStatus) - FINAL),
        )
    elif isinstance(row, Procedure):
        statement = statement.join(exam.requested_procedure).where(
            RequestedProcedure.procedure_id == row.id,
            exam.status.in_(set(StepStatus) - FINAL),
        )
    else:
        return ()
    return session.scalars(statement.order_by(exam.starts_at, exam.id)).all()


def waiting_for(session: Session, row: Base) -> int:
    """Return how many messages an image manager has still to be told."""
    if not isinstance(row, ImageManager):
        return 0
    told = select(func.count()).where(
        Forward.image_manager_id == row.id, Forward.delivered_at.is_(None)
    )
    return session.scalar(told) or 0


def _active(kind: Kind[Any, Any]) -> ColumnElement[bool] | None:
    active: ColumnElement[bool] | None = getattr(kind.key.class_, "active", None)
    return active
