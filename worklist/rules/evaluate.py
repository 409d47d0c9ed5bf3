"""Every rule, in the order in which findings are shown, and the two calls that run them."""

from collections.abc import Callable, Iterable
from datetime import datetime

from worklist.rules import (
    contrast,
    gadolinium,
    magnetic_resonance,
    nuclear,
    preparation,
    radiation,
    sequence,
)
from worklist.rules import room as rooms
from worklist.rules.facts import ExamFacts, PatientFacts, RoomFacts, Thresholds
from worklist.rules.findings import Finding

ExamRule = Callable[[PatientFacts, ExamFacts, Thresholds, datetime], Iterable[Finding]]
RoomRule = Callable[[PatientFacts, ExamFacts, RoomFacts, Thresholds], Iterable[Finding]]

EXAM_RULES: tuple[ExamRule, ...] = (
    contrast.renal_function_known,
    contrast.severe_impairment,
    contrast.moderate_impairment,
    contrast.mild_reaction,
    contrast.moderate_reaction,
    contrast.severe_reaction,
    contrast.hyperthyroidism,
    contrast.metformin,
    sequence.iodinated_again,
    sequence.gadolinium_near,
    sequence.thyroid_after_contrast,
    contrast.injector,
    gadolinium.injector,
    contrast.observation,
    contrast.pregnant,
    contrast.rare_conditions,
    gadolinium.renal_impairment,
    gadolinium.group_two,
    gadolinium.pregnant,
    gadolinium.reaction,
    radiation.pregnancy_known,
    radiation.pregnant,
    radiation.cumulative_dose,
    radiation.repeat,
    radiation.child,
    radiation.screening_mammography,
    magnetic_resonance.unsafe_implant,
    magnetic_resonance.conditional_implant,
    magnetic_resonance.unknown_safety,
    magnetic_resonance.cardiac_device,
    magnetic_resonance.large_patient,
    magnetic_resonance.claustrophobia,
    magnetic_resonance.pregnant,
    magnetic_resonance.sedation,
    nuclear.fdg,
    nuclear.breastfeeding,
    sequence.radioactive_patient,
    sequence.barium,
    sequence.bleeding,
    preparation.fasting_before_contrast,
    rooms.isolation,
    rooms.bed,
    rooms.help_needed,
)

ROOM_RULES: tuple[RoomRule, ...] = (
    radiation.shielding,
    magnetic_resonance.field_strength,
    rooms.table_limit,
)


def evaluate_exam(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> tuple[Finding, ...]:
    """Return what the rules say about an exam whatever room it goes to.

    At most one ``Hold`` a rule. All datetimes, also those in the facts, are aware.
    """
    return tuple(finding for rule in EXAM_RULES for finding in rule(patient, exam, thresholds, now))


def evaluate_room(
    patient: PatientFacts, exam: ExamFacts, room: RoomFacts, thresholds: Thresholds
) -> tuple[Finding, ...]:
    """Return what the rules say about this exam in this room."""
    return tuple(
        finding for rule in ROOM_RULES for finding in rule(patient, exam, room, thresholds)
    )
