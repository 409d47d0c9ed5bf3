"""Which rooms could take an exam, and why the others of its modality could not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from worklist.catalogue.models import Resource, Room
from worklist.rules.evaluate import evaluate_room
from worklist.rules.facts import ExamFacts, PatientFacts, Thresholds
from worklist.rules.findings import Block, Finding, Prefer, RequireCapability, Warn
from worklist.scheduling.facts import room_facts

CAPABILITY_WORDS = {
    "iodinated_contrast": "a contrast injector",
    "gadolinium_contrast": "an MR contrast injector",
    "fluoroscopy": "fluoroscopy",
    "paediatric": "the equipment for children",
    "low_dose": "a low-dose protocol",
    "wide_bore": "a wide bore",
    "3T": "3 tesla",
    "1.5T": "1.5 tesla",
    "monitoring": "patient monitoring",
    "anaesthesia": "anaesthesia equipment",
    "negative_pressure": "negative pressure",
    "hospital_site": "a hospital around it",
    "oral_contrast": "oral contrast",
    "shielded": "shielding",
    "biopsy": "biopsy equipment",
    "isotope_licence": "an isotope licence",
    "bone_density": "bone density equipment",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A room of the exam's modality.

    ``obstacles`` says why it cannot take the exam (empty: it can); ``misfit`` counts preferences
    not met and special capabilities that the exam would use up without needing them.
    """

    room: Room
    obstacles: tuple[str, ...]
    remarks: tuple[str, ...]
    misfit: int


def rooms_of_modality(session: Session, modality: str) -> Sequence[Room]:
    """Return the rooms in use for a modality, with their stations, in display order."""
    return session.scalars(
        select(Room)
        .join(Resource)
        .where(Resource.active, Room.modalities.any_() == modality)
        .options(selectinload(Room.stations), joinedload(Room.resource, Resource.site))
        .order_by(Room.display_order, Resource.code)
    ).all()


def candidates(
    rooms: Iterable[Room],
    required_capabilities: Iterable[str],
    *,
    patient: PatientFacts,
    exam: ExamFacts,
    findings: Sequence[Finding],
    thresholds: Thresholds,
) -> list[Candidate]:
    """Return every room as a candidate: those that can take the exam, and the rest with why not."""
    required = set(required_capabilities) | {
        one.capability for one in findings if isinstance(one, RequireCapability)
    }
    return [
        _candidate(
            room,
            required,
            [*findings, *evaluate_room(patient, exam, room_facts(room), thresholds)],
        )
        for room in rooms
    ]


def _candidate(room: Room, required: set[str], findings: Iterable[Finding]) -> Candidate:
    found = list(findings)
    has = set(room.capabilities)
    missing = [
        f"{room.code} does not have {CAPABILITY_WORDS.get(one, one)}, which the exam needs."
        for one in sorted(required - has)
    ]
    blocked = [one.text for one in found if isinstance(one, Block)]
    preferred = {one.capability for one in found if isinstance(one, Prefer)}
    return Candidate(
        room=room,
        obstacles=(*missing, *blocked),
        remarks=tuple(one.text for one in found if isinstance(one, Prefer | Warn)),
        misfit=10 * len(preferred - has) + len(has - required - preferred),
    )
