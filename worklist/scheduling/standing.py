"""What placing reads again and again and what seldom changes: kept by each process.

Rooms, resources with their hours, procedures, thresholds and the policy. Triggers give
``catalogue_version`` a new number with every change of those tables, in the same transaction, so
that one short query shows whether what a process has kept still holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session, selectinload

from worklist.catalogue.models import OpeningHours, Resource, ResourceKind, Room, Site
from worklist.catalogue.procedures import Procedure
from worklist.catalogue.rooms import rooms_in_use
from worklist.rulebook import queries as rulebook
from worklist.rules.thresholds import Thresholds
from worklist.scheduling import policy_file
from worklist.scheduling.intervals import WeeklyHours
from worklist.scheduling.policies import queries as policies
from worklist.scheduling.policy import Policy
from worklist.scheduling.policy_file import PolicyFile

_VERSION = text("SELECT version FROM catalogue_version")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A resource in use as the catalogue has it, with its weekly hours."""

    id: int
    code: str
    kind: ResourceKind
    site_id: int
    zone: ZoneInfo
    hours: tuple[WeeklyHours, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The catalogue, the thresholds and the policy in use.

    Rooms come with their stations, resource and site, procedures with their phases. They belong
    to no session: whoever changes one reads it in a session of its own.

    Attributes:
        rooms: All in use, in display order.
        procedures: All, by id.
        lines: The resources in use by id, in order of code.
        thresholds: What the rules compare with.
        policy: How slots are chosen.
    """

    rooms: tuple[Room, ...]
    procedures: Mapping[int, Procedure]
    lines: Mapping[int, Line]
    thresholds: Thresholds
    policy: Policy

    def rooms_of(self, modality: str) -> tuple[Room, ...]:
        """Return the rooms in use for a modality, in display order."""
        return tuple(room for room in self.rooms if modality in room.modalities)


@dataclass(frozen=True, slots=True)
class _Kept:
    version: int
    file: PolicyFile
    standing: Standing


_kept: WeakKeyDictionary[Engine, _Kept] = WeakKeyDictionary()


def read_standing(session: Session) -> Standing:
    """Return what holds now, as this process kept it or, after a change, read anew."""
    version = session.scalar(_VERSION)
    assert version is not None  # noqa: S101 - the migration writes the table's one row
    engine, file = session.get_bind().engine, policy_file.of_process()
    kept = _kept.get(engine)
    if kept is None or kept.version != version or kept.file is not file:
        kept = _Kept(version, file, _read(session))
        _kept[engine] = kept
    return kept.standing


def _read(session: Session) -> Standing:
    # In a session of its own, in the same transaction: what it reads belongs to nobody afterwards.
    with Session(session.connection()) as own:
        read = Standing(
            rooms=tuple(own.scalars(_ROOMS)),
            procedures={one.id: one for one in own.scalars(_PROCEDURES)},
            lines=_lines(own),
            thresholds=rulebook.thresholds(own),
            policy=policies.in_use(own),
        )
        own.expunge_all()
    return read


_ROOMS = rooms_in_use().options(selectinload(Room.stations))
_PROCEDURES = select(Procedure).options(selectinload(Procedure.phases))


def _lines(session: Session) -> dict[int, Line]:
    hours: dict[int, list[WeeklyHours]] = {}
    for one in session.scalars(select(OpeningHours).order_by(OpeningHours.id)):
        line = WeeklyHours(one.weekday, one.opens, one.closes, one.valid_from, one.valid_until)
        hours.setdefault(one.resource_id, []).append(line)
    rows = session.execute(
        select(Resource.id, Resource.code, Resource.kind, Resource.site_id, Site.time_zone)
        .join(Site)
        .where(Resource.active)
        .order_by(Resource.code)
    )
    return {
        id_: Line(
            id=id_,
            code=code,
            kind=kind,
            site_id=site_id,
            zone=ZoneInfo(zone),
            hours=tuple(hours.get(id_, ())),
        )
        for id_, code, kind, site_id, zone in rows
    }
