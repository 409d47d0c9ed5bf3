"""Which rooms could take an exam, and why the others of its modality could not."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from worklist.catalogue.models import Room
from worklist.language.text import _
from worklist.rules.evaluate import evaluate_room
from worklist.rules.facts import ExamFacts, PatientFacts
from worklist.rules.findings import Block, Finding, Prefer, RequireCapability, Warn
from worklist.rules.serialise import essence, to_json
from worklist.rules.thresholds import Thresholds
from worklist.scheduling.facts import room_facts
from worklist.scheduling.policy import Policy

CAPABILITY_WORDS = {
    "iodinated_contrast": _("a contrast injector"),
    "gadolinium_contrast": _("an MR contrast injector"),
    "fluoroscopy": "fluoroscopy",
    "paediatric": _("the equipment for children"),
    "low_dose": _("a low-dose protocol"),
    "wide_bore": _("a wide bore"),
    "3T": "3 tesla",
    "1.5T": "1.5 tesla",
    "monitoring": _("patient monitoring"),
    "rf_limits": _("limits of SAR and B1+rms"),
    "anaesthesia": _("anaesthesia equipment"),
    "negative_pressure": _("negative pressure"),
    "hospital_site": _("a hospital around it"),
    "oral_contrast": _("oral contrast"),
    "shielded": "shielding",
    "biopsy": _("biopsy equipment"),
    "isotope_licence": _("an isotope licence"),
    "bone_density": _("bone density equipment"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A room of the exam's modality.

    Attributes:
        room: Which.
        obstacles: Why it cannot take the exam; empty where it can.
        grounds: What each obstacle says, whatever its wording, in the same order.
        remarks: What else the rules say of this room; what they say of the exam is told once.
        missed_preferences: How many capabilities that rules prefer it does not have.
        spare_capabilities: Those that the exam does not need, each counted as the share of the
            modality's rooms that do not have it: what every room has is no loss.
        turnover_minutes: How long it is made ready after the exam.
    """

    room: Room
    obstacles: tuple[str, ...]
    grounds: tuple[Hashable, ...]
    remarks: tuple[str, ...]
    missed_preferences: int
    spare_capabilities: float
    turnover_minutes: int

    def misfit(self, policy: Policy) -> float:
        """Return the units of misfit that the policy counts."""
        return (
            policy.missed_preference * self.missed_preferences
            + policy.spare_capability * self.spare_capabilities
        )


def candidates(
    rooms: Iterable[Room],
    required_capabilities: Iterable[str],
    *,
    turnover_minutes: int,
    patient: PatientFacts,
    exam: ExamFacts,
    findings: Sequence[Finding],
    thresholds: Thresholds,
) -> list[Candidate]:
    """Return every room as a candidate: those that can take the exam, and the rest with why not."""
    required = set(required_capabilities) | {
        one.capability for one in findings if isinstance(one, RequireCapability)
    }
    of_modality = list(rooms)
    scarcity = _scarcity(of_modality)
    return [
        _candidate(
            room,
            required,
            findings,
            evaluate_room(patient, exam, room_facts(room), thresholds),
            scarcity=scarcity,
            turnover_minutes=turnover_minutes,
        )
        for room in of_modality
    ]


def _scarcity(rooms: Sequence[Room]) -> dict[str, float]:
    """Return for each capability the share of the rooms that do not have it."""
    counts = Counter(one for room in rooms for one in room.capabilities)
    return {capability: 1 - number / len(rooms) for capability, number in counts.items()}


def _candidate(
    room: Room,
    required: set[str],
    of_exam: Sequence[Finding],
    of_room: Sequence[Finding],
    *,
    scarcity: Mapping[str, float],
    turnover_minutes: int,
) -> Candidate:
    has = set(room.capabilities)
    missing = {
        one: _(
            "%(code)s does not have %(get)s, which the exam needs.",
            code=room.code,
            get=CAPABILITY_WORDS.get(one, one),
        )
        for one in sorted(required - has)
    }
    blocked = [one for one in (*of_exam, *of_room) if isinstance(one, Block)]
    preferred = {one.capability for one in (*of_exam, *of_room) if isinstance(one, Prefer)}
    return Candidate(
        room=room,
        obstacles=(*missing.values(), *(one.text for one in blocked)),
        grounds=(*missing, *(essence(to_json(one)) for one in blocked)),
        remarks=tuple(one.text for one in of_room if isinstance(one, Prefer | Warn)),
        missed_preferences=len(preferred - has),
        spare_capabilities=sum(scarcity[one] for one in has - required - preferred),
        turnover_minutes=max(turnover_minutes, room.turnover_minutes),
    )
