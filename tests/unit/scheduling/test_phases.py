from datetime import UTC, datetime, timedelta
from typing import Any

from worklist.catalogue.models import ResourceKind
from worklist.catalogue.procedures import Procedure, ProcedurePhase
from worklist.rules.findings import Extend, ExtendedPart, RequireResource
from worklist.scheduling.intervals import Interval
from worklist.scheduling.phases import plan

START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
WORDS: dict[str, Any] = {"rule": "XX-00", "text": "A test.", "source": "None"}


def procedure(*phases: ProcedurePhase, minutes: int = 30) -> Procedure:
    return Procedure(duration_minutes=minutes, phases=list(phases))


def phase(
    name: str, kind: ResourceKind, offset: int, minutes: int, *, present: bool = True
) -> ProcedurePhase:
    return ProcedurePhase(
        name=name,
        resource_kind=kind,
        offset_minutes=offset,
        duration_minutes=minutes,
        patient_present=present,
    )


def stretch(start: int, end: int) -> Interval:
    return Interval(START + timedelta(minutes=start), START + timedelta(minutes=end))


def test_pet_takes_the_uptake_bay_then_the_scanner() -> None:
    uptake = phase("uptake", ResourceKind.UPTAKE_BAY, -60, 60)
    made = plan(procedure(uptake), [])
    (need,) = made.needs
    assert need.during(START) == stretch(-60, 0)
    assert made.minutes_before == 60
    assert made.patient_intervals(START) == [stretch(-60, 30)]


def test_patient_is_free_while_waiting_away_from_the_department() -> None:
    injection = phase("injection", ResourceKind.PREPARATION_CHAIR, -180, 15)
    made = plan(procedure(injection), [])
    assert made.patient_intervals(START) == [stretch(-180, -165), stretch(0, 30)]


def test_longer_stay_moves_recovery_and_keeps_staff_to_the_end() -> None:
    staff = phase("anaesthetist", ResourceKind.ANAESTHETIST, 0, 30, present=False)
    recovery = phase("recovery", ResourceKind.RECOVERY_BAY, 30, 45)
    longer = Extend(**WORDS, part=ExtendedPart.ROOM, minutes=15)
    made = plan(procedure(staff, recovery), [longer])
    assert made.room_minutes == 45
    assert [need.during(START) for need in made.needs] == [stretch(0, 45), stretch(45, 90)]


def test_hydration_lengthens_the_preparation_that_is_there() -> None:
    chair = phase("oral contrast", ResourceKind.PREPARATION_CHAIR, -45, 45)
    hydration = Extend(
        **WORDS, part=ExtendedPart.BEFORE, minutes=60, resource_kind="preparation_chair"
    )
    (need,) = plan(procedure(chair), [hydration]).needs
    assert need.during(START) == stretch(-60, 0)


def test_observation_is_added_after_the_room() -> None:
    watch = Extend(**WORDS, part=ExtendedPart.AFTER, minutes=15, resource_kind="recovery_bay")
    (need,) = plan(procedure(), [watch]).needs
    assert need.kind is ResourceKind.RECOVERY_BAY
    assert need.during(START) == stretch(30, 45)


def test_staff_required_by_two_rules_is_reserved_once() -> None:
    nurse = RequireResource(rule="XX-00", text="A test.", source="None", resource_kind="nurse")
    (need,) = plan(procedure(), [nurse, nurse]).needs
    assert need.during(START) == stretch(0, 30)
    assert not need.patient_present


def test_staff_that_is_only_at_work_is_not_reserved() -> None:
    on_duty = RequireResource(
        rule="XX-00", text="A test.", source="None", resource_kind="radiologist", on_duty=True
    )
    assert plan(procedure(), [on_duty]).needs == ()
