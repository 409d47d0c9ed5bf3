"""From procedure and findings to what an exam needs, stretch by stretch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from worklist.catalogue.models import ResourceKind
from worklist.catalogue.procedures import Procedure
from worklist.rules.findings import Extend, ExtendedPart, Finding, RequireResource
from worklist.scheduling.intervals import Interval, union

ROOM_PHASE = "exam"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One resource of a kind for a stretch, counted in minutes from entering the room."""

    phase: str
    kind: ResourceKind
    offset_minutes: int
    duration_minutes: int
    patient_present: bool

    def during(self, starts_at: datetime) -> Interval:
        """Return the stretch for an exam that enters the room at ``starts_at``."""
        start = starts_at + timedelta(minutes=self.offset_minutes)
        return Interval(start, start + timedelta(minutes=self.duration_minutes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that an exam needs: its stay in the room and whatever goes with it.

    Of each kind in ``on_duty`` somebody is at work at the site during the stay, not reserved.
    """

    room_minutes: int
    needs: tuple[Need, ...]
    on_duty: frozenset[ResourceKind] = frozenset()

    def patient_intervals(self, starts_at: datetime) -> list[Interval]:
        """Return when the patient is taken: in the room and in each phase with the patient."""
        room = Interval(starts_at, starts_at + timedelta(minutes=self.room_minutes))
        return union([room, *(one.during(starts_at) for one in self.needs if one.patient_present)])

    @property
    def minutes_before(self) -> int:
        """How long before entering the room the exam begins."""
        return max([0, *(-one.offset_minutes for one in self.needs)])

    @property
    def minutes_after(self) -> int:
        """How long after entering the room the exam's last phase ends."""
        ends = (one.offset_minutes + one.duration_minutes for one in self.needs)
        return max([self.room_minutes, *ends])


def plan(procedure: Procedure, findings: Iterable[Finding]) -> Plan:
    """Combine the procedure's own phases with what the rules require and extend."""
    found = list(findings)
    extensions = [one for one in found if isinstance(one, Extend)]
    longer = sum(one.minutes for one in extensions if one.resource_kind is None)
    room_minutes = procedure.duration_minutes + longer
    needs = _procedure_needs(procedure, longer)
    for extension in extensions:
        if extension.resource_kind is not None:
            needs = _extended(needs, extension, room_minutes)
    staffed = {one.kind for one in needs if one.offset_minutes == 0}
    for finding in found:
        if isinstance(finding, RequireResource) and not finding.on_duty:
            kind = ResourceKind(finding.resource_kind)
            if kind not in staffed:
                staffed.add(kind)
                needs.append(
                    Need(
                        phase=f"{kind} in the room",
                        kind=kind,
                        offset_minutes=0,
                        duration_minutes=room_minutes,
                        patient_present=False,
                    )
                )
    on_duty = frozenset(
        ResourceKind(one.resource_kind)
        for one in found
        if isinstance(one, RequireResource) and one.on_duty
    )
    return Plan(room_minutes=room_minutes, needs=tuple(needs), on_duty=on_duty)


def _procedure_needs(procedure: Procedure, longer: int) -> list[Need]:
    """Return the catalogue's phases; what follows the stay in the room moves with its end."""
    needs = []
    for phase in procedure.phases:
        after = phase.offset_minutes >= procedure.duration_minutes
        whole = phase.offset_minutes == 0 and phase.duration_minutes == procedure.duration_minutes
        needs.append(
            Need(
                phase=phase.name,
                kind=phase.resource_kind,
                offset_minutes=phase.offset_minutes + (longer if after else 0),
                duration_minutes=phase.duration_minutes + (longer if whole else 0),
                patient_present=phase.patient_present,
            )
        )
    return needs


def _extended(needs: Sequence[Need], extension: Extend, room_minutes: int) -> list[Need]:
    """Return the needs with one stretch before or after the room made at least so long."""
    kind = ResourceKind(extension.resource_kind or "")
    before = extension.part is ExtendedPart.BEFORE
    for index, need in enumerate(needs):
        same_side = need.offset_minutes < 0 if before else need.offset_minutes >= room_minutes
        if need.kind is kind and same_side:
            return [*needs[:index], _longer(need, extension), *needs[index + 1 :]]
    added = Need(
        phase="preparation" if before else "observation",
        kind=kind,
        offset_minutes=-extension.minutes if before else room_minutes,
        duration_minutes=extension.minutes,
        patient_present=True,
    )
    return [*needs, added]


def _longer(need: Need, extension: Extend) -> Need:
    missing = extension.minutes - need.duration_minutes
    if missing <= 0:
        return need
    if extension.part is ExtendedPart.BEFORE:
        return replace(
            need,
            offset_minutes=need.offset_minutes - missing,
            duration_minutes=extension.minutes,
        )
    return replace(need, duration_minutes=extension.minutes)
