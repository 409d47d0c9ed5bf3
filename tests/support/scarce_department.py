"""A department whose slots are scarce: three rooms with short days, one nurse, one chair."""

from dataclasses import dataclass
from datetime import time

from sqlalchemy.orm import Session

from tests.support.department import (
    ACTOR,
    NOW,
    make_contrast_ct,
    make_patient,
    make_procedure,
    make_resource,
    make_room,
    make_site,
)
from tests.support.placing import known_fact
from worklist.catalogue.models import ResourceKind, Room, Site
from worklist.patients.models import FactKind, Patient
from worklist.scheduling import service

PROCEDURES = ("71250", "71260", "70551")
PATIENTS = 9


@dataclass(frozen=True, slots=True)
class ScarceDepartment:
    """Ids of what it has: two rooms with CT and one with MR, a nurse and a doctor, patients."""

    rooms: tuple[int, ...]
    staff: tuple[int, ...]
    patients: tuple[int, ...]


def make_scarce_department(session: Session) -> ScarceDepartment:
    """Make it, with a plain CT, one with contrast for which a nurse is needed, and an MR."""
    site = make_site(session)
    rooms = _make_rooms(session, site)
    nurse = make_resource(session, site, "NU01", ResourceKind.NURSE, opens=time(9), closes=time(11))
    make_resource(session, site, "CH01", ResourceKind.PREPARATION_CHAIR)
    doctor = make_resource(session, site, "RA01", ResourceKind.RADIOLOGIST)
    plain, with_contrast, magnetic = PROCEDURES
    make_procedure(session, plain, duration_minutes=20)
    make_contrast_ct(
        session,
        with_contrast,
        body_part="HEAD",
        duration_minutes=25,
        power_injection=True,
        phases=(("injection", ResourceKind.NURSE, 0, 25),),
    )
    make_procedure(session, magnetic, modality="MR", ionising=False, body_part="KNEE")
    return ScarceDepartment(
        rooms=tuple(room.id for room in rooms),
        staff=(nurse.id, doctor.id),
        patients=tuple(patient.id for patient in _make_patients(session)),
    )


def _make_rooms(session: Session, site: Site) -> list[Room]:
    opens, closes = time(9), time(12)
    return [
        make_room(session, site, "CT01", turnover_minutes=5, opens=opens, closes=closes),
        make_room(session, site, "CT02", capabilities=(), opens=opens, closes=closes),
        make_room(
            session, site, "MR01", modality="MR", capabilities=("1.5T",), opens=opens, closes=closes
        ),
    ]


def _make_patients(session: Session) -> list[Patient]:
    """Make patients who were all asked for an MR; the first has an implant that rules it out."""
    made = [make_patient(session, f"DOE^{number}") for number in range(PATIENTS)]
    screening = [known_fact(FactKind.MR_SCREENING, {"answer": True})]
    for patient in made:
        service.record_facts(session, patient.id, screening, actor=ACTOR, now=NOW)
    unsafe = [known_fact(FactKind.IMPLANT, {"safety": "unsafe"}, "clip")]
    service.record_facts(session, made[0].id, unsafe, actor=ACTOR, now=NOW)
    return made
