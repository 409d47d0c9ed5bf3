"""Every rule, in the order in which findings are shown, and the two calls that run them."""

from datetime import datetime

from worklist.rules import (
    bleeding,
    contrast,
    contrast_kidney,
    gadolinium,
    implants,
    intervals,
    magnetic_resonance,
    nuclear,
    operating_mode,
    preparation,
    radiation,
    radiation_pregnancy,
    sedation,
    sequence,
)
from worklist.rules import room as rooms
from worklist.rules.facts import ExamFacts, PatientFacts, RoomFacts
from worklist.rules.findings import Finding
from worklist.rules.rule import ExamRule, RoomRule
from worklist.rules.thresholds import Thresholds

EXAM_RULES: tuple[ExamRule, ...] = (
    contrast_kidney.renal_function_known,
    contrast_kidney.severe_impairment,
    contrast_kidney.moderate_impairment,
    contrast.mild_reaction,
    contrast.moderate_reaction,
    contrast.severe_reaction,
    contrast.hyperthyroidism,
    contrast_kidney.metformin,
    intervals.iodinated_again,
    intervals.gadolinium_near,
    intervals.thyroid_after_contrast,
    contrast.injector,
    contrast.venous_access,
    contrast.observation,
    contrast.pregnant,
    contrast.rare_conditions,
    gadolinium.renal_impairment,
    gadolinium.group_two,
    gadolinium.pregnant,
    gadolinium.reaction,
    radiation_pregnancy.pregnancy_known,
    radiation_pregnancy.pregnant,
    radiation.cumulative_dose,
    radiation.repeat,
    radiation.child,
    radiation.screening_mammography,
    implants.unsafe_implant,
    implants.conditional_implant,
    operating_mode.radio_waves,
    implants.unknown_safety,
    implants.cardiac_device,
    magnetic_resonance.large_patient,
    magnetic_resonance.claustrophobia,
    magnetic_resonance.pregnant,
    sedation.sedation,
    nuclear.fdg,
    nuclear.delivery,
    nuclear.bone_scan,
    sequence.radioactive_patient,
    nuclear.after_treatment,
    nuclear.breastfeeding,
    preparation.oral_contrast,
    preparation.fasting_before_ultrasound,
    preparation.full_bladder,
    sequence.barium,
    preparation.fasting_before_contrast,
    sequence.without_contrast_first,
    sequence.order_of_a_visit,
    sequence.imaging_before_intervention,
    bleeding.bleeding,
    rooms.isolation,
    rooms.bed,
    rooms.help_needed,
    rooms.missed_exams,
)

# Of these kinds of staff, rules ask that somebody is at work at the site; nobody is reserved.
ON_DUTY_KINDS = frozenset(kind for rule in EXAM_RULES for kind in rule.on_duty)

ROOM_RULES: tuple[RoomRule, ...] = (
    radiation.shielding,
    implants.field_strength,
    operating_mode.gradients,
    magnetic_resonance.table_and_bore,
    rooms.table_limit,
)


def evaluate_exam(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> tuple[Finding, ...]:
    """Return what the rules say about an exam whatever room it goes to.

    At most one ``Hold`` a rule, kind of fact and subject. All datetimes, also those in the facts,
    are aware; ``now`` is in the zone of the rooms.
    """
    return tuple(
        finding for rule in EXAM_RULES for finding in rule.check(patient, exam, thresholds, now)
    )


def evaluate_room(
    patient: PatientFacts, exam: ExamFacts, room: RoomFacts, thresholds: Thresholds
) -> tuple[Finding, ...]:
    """Return what the rules say about this exam in this room."""
    return tuple(
        finding for rule in ROOM_RULES for finding in rule.check(patient, exam, room, thresholds)
    )
