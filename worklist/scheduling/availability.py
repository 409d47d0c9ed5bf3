"""When resources and the patient are free: hours less closures, blocks and reservations."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from worklist.catalogue.models import Block, Closure, OpeningHours, Resource, ResourceKind, Site
from worklist.scheduling.intervals import Interval, WeeklyHours, opening_intervals, subtract
from worklist.scheduling.models import Reservation


@dataclass(frozen=True, slots=True)
class ResourceCalendar:
    """One resource and its free time, sorted."""

    id: int
    code: str
    kind: ResourceKind
    site_id: int
    free: tuple[Interval, ...]


def as_range(interval: Interval) -> Range[datetime]:
    """Return the half-open PostgreSQL range of an interval."""
    return Range(interval.start, interval.end, bounds="[)")


def free_resources(
    session: Session,
    resource_ids: Collection[int],
    window: Interval,
    *,
    now: datetime,
    purposes: frozenset[str],
    ignored_exam_id: int | None,
) -> list[ResourceCalendar]:
    """Return the free time of the resources within ``window``.

    Args:
        session: Four queries are made on it, however many resources there are.
        resource_ids: Which resources.
        window: Nothing outside it is returned.
        now: Blocks whose release time has come are open to all.
        purposes: Blocks for these purposes are open to the exam.
        ignored_exam_id: An exam that is being moved does not stand in its own way.
    """
    resources = session.execute(
        select(Resource.id, Resource.code, Resource.kind, Resource.site_id, Site.time_zone)
        .join(Site)
        .where(Resource.id.in_(resource_ids), Resource.active)
        .order_by(Resource.code)
    ).all()
    hours = _hours(session, resource_ids)
    taken = _closures(session, resource_ids, window)
    for source in (
        _blocks(session, resource_ids, window, now, purposes),
        _reserved(session, Reservation.resource_id.in_(resource_ids), window, ignored_exam_id),
    ):
        for key, intervals in source.items():
            taken[key] += intervals
    return [
        ResourceCalendar(
            row.id,
            row.code,
            row.kind,
            row.site_id,
            tuple(
                subtract(
                    opening_intervals(hours[row.id], ZoneInfo(row.time_zone), window),
                    taken[row.id],
                )
            ),
        )
        for row in resources
    ]


def patient_taken(
    session: Session, patient_id: int, window: Interval, *, ignored_exam_id: int | None
) -> list[Interval]:
    """Return when the patient has other exams."""
    rows = _reserved(session, Reservation.patient_id == patient_id, window, ignored_exam_id)
    return [interval for intervals in rows.values() for interval in intervals]


def _hours(session: Session, resource_ids: Collection[int]) -> dict[int, list[WeeklyHours]]:
    result: dict[int, list[WeeklyHours]] = defaultdict(list)
    for line in session.scalars(
        select(OpeningHours).where(OpeningHours.resource_id.in_(resource_ids))
    ):
        result[line.resource_id].append(
            WeeklyHours(line.weekday, line.opens, line.closes, line.valid_from, line.valid_until)
        )
    return result


def _grouped(rows: Iterable[Row[int, Range[datetime]]]) -> dict[int, list[Interval]]:
    result: dict[int, list[Interval]] = defaultdict(list)
    for key, during in rows:
        if during.lower is None or during.upper is None:
            continue
        result[key].append(Interval(during.lower.astimezone(UTC), during.upper.astimezone(UTC)))
    return result


def _closures(
    session: Session, resource_ids: Collection[int], window: Interval
) -> dict[int, list[Interval]]:
    return _grouped(
        session.execute(
            select(Closure.resource_id, Closure.during).where(
                Closure.resource_id.in_(resource_ids), Closure.during.overlaps(as_range(window))
            )
        )
    )


def _blocks(
    session: Session,
    resource_ids: Collection[int],
    window: Interval,
    now: datetime,
    purposes: frozenset[str],
) -> dict[int, list[Interval]]:
    released = func.lower(Block.during) - Block.release_hours * timedelta(hours=1) <= now
    return _grouped(
        session.execute(
            select(Block.resource_id, Block.during).where(
                Block.resource_id.in_(resource_ids),
                Block.during.overlaps(as_range(window)),
                Block.purpose.not_in(purposes),
                ~released,
            )
        )
    )


def _reserved(
    session: Session,
    owner: ColumnElement[bool],
    window: Interval,
    ignored_exam_id: int | None,
) -> dict[int, list[Interval]]:
    key = func.coalesce(Reservation.resource_id, Reservation.patient_id)
    statement = select(key, Reservation.during).where(
        owner, Reservation.during.overlaps(as_range(window))
    )
    if ignored_exam_id is not None:
        statement = statement.where(Reservation.exam_id != ignored_exam_id)
    return _grouped(session.execute(statement))
