"""What rules read: plain data about patient, exam and room, gathered by the caller.

Every fact that ages carries the time at which it was observed. ``None`` always means "not known",
never "no": a rule that needs an unknown fact asks for it.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from worklist.vocabulary import Contrast, ContrastRoute


class Severity(StrEnum):
    """Severity of a former reaction (ACR Manual on Contrast Media 2024, table of categories)."""

    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"
    UNKNOWN = "unknown"


class ImplantSafety(StrEnum):
    """Labelling of an implant (ASTM F2503)."""

    SAFE = "safe"
    CONDITIONAL = "conditional"
    UNSAFE = "unsafe"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenalFunction:
    """Estimated GFR in mL/min/1.73 m² and when the blood was taken."""

    egfr: float
    observed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ContrastReaction:
    """A former reaction; ``agent`` is ``iodinated`` or ``gadolinium``."""

    agent: str
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Implant:
    """An implant or foreign body.

    ``conditional_tesla`` lists the field strengths that a conditional implant allows;
    ``card_seen`` tells whether the MR safety officer has seen the implant's card.
    """

    name: str
    safety: ImplantSafety
    conditional_tesla: tuple[float, ...] = ()
    cardiac: bool = False
    card_seen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pregnancy:
    """Answer to the pregnancy question and when it was given."""

    pregnant: bool
    observed_at: datetime
    weeks: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastExam:
    """Another exam of the same patient, done or booked, never the one that is judged.

    Cancelled exams are left out; ``laterality`` is ``L``, ``R`` or ``B`` where the order says it.
    """

    procedure_code: str
    modality: str
    body_part: str
    contrast: Contrast
    starts_at: datetime
    dose_msv: float = 0.0
    laterality: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientFacts:
    """What is known about the patient."""

    birth_date: date | None = None
    sex: str | None = None
    weight_kg: float | None = None
    height_cm: float | None = None
    renal_function: RenalFunction | None = None
    acute_kidney_injury: bool | None = None
    dialysis: bool | None = None
    reactions: tuple[ContrastReaction, ...] = ()
    implants: tuple[Implant, ...] = ()
    mr_screened_at: datetime | None = None
    metal_eye_injury: bool | None = None
    pregnancy: Pregnancy | None = None
    glucose_mg_dl: float | None = None
    conditions: frozenset[str] = frozenset()
    medications: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    isolation: str | None = None
    exams: tuple[PastExam, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamFacts:
    """The exam to be booked.

    ``patient_class`` is HL7 table 0004 (``I`` inpatient, ``E`` emergency, ``O`` outpatient);
    ``ordered_at`` is when the order was placed; ``irradiates_pelvis`` says that the primary beam
    meets abdomen or pelvis; ``screening`` marks a screening programme's exam;
    ``premedication_started_at`` is when the first dose against a contrast reaction was taken.
    """

    procedure_code: str
    modality: str
    body_part: str
    contrast: Contrast
    contrast_route: ContrastRoute
    ionising: bool
    irradiates_pelvis: bool
    dose_msv: float
    duration_minutes: int
    priority: str
    patient_class: str
    ordered_at: datetime
    screening: bool = False
    radiopharmaceutical: str | None = None
    needs_sedation: bool = False
    power_injection: bool = False
    first_pass_renal: bool = False
    laterality: str | None = None
    premedication_started_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomFacts:
    """A room that could take the exam."""

    code: str
    modalities: frozenset[str]
    capabilities: frozenset[str]
    table_limit_kg: float | None = None
    field_strength_tesla: float | None = None
    bore_cm: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Numbers that a department may change; the defaults follow the rule catalogue."""

    egfr_valid_days_outpatient: int = 30
    egfr_valid_days_inpatient: int = 7
    egfr_low: float = 30.0
    egfr_moderate: float = 45.0
    contrast_age_at_risk: int = 60
    hydration_minutes: int = 60
    premedication_hours: int = 13
    premedication_hours_urgent: int = 5
    observation_minutes: int = 15
    observation_minutes_at_risk: int = 30
    iodinated_interval_hours: int = 4
    iodinated_interval_hours_low_egfr: int = 48
    iodinated_interval_hours_dialysis: int = 168
    gadolinium_interval_hours: int = 4
    gadolinium_interval_hours_low_egfr: int = 168
    thyroid_scan_after_contrast_days: int = 42
    thyroid_scan_ask_days: int = 56
    contrast_fasting_hours: int = 0
    pregnancy_age_from: int = 12
    pregnancy_age_to: int = 55
    pregnancy_answer_valid_days: int = 10
    pregnancy_weeks_longest: int = 42
    first_trimester_weeks: int = 13
    pregnancy_high_dose_msv: float = 10.0
    cumulative_dose_msv: float = 100.0
    cumulative_dose_years: int = 5
    repeat_days: dict[str, int] = field(
        default_factory=lambda: {"CT": 7, "DX": 1, "CR": 1, "MG": 330}
    )
    mammography_age_from: int = 40
    mammography_age_to: int = 74
    paediatric_age: int = 16
    mr_wide_bore_kg: float = 150.0
    claustrophobia_minutes: int = 15
    induction_minutes: int = 20
    recovery_minutes: int = 60
    glucose_limit_mg_dl: float = 200.0
    fdg_fasting_hours: int = 6
    radioactive_contact_hours: int = 2
    barium_wait_hours: int = 48
    bed_transport_minutes: int = 10
    help_minutes: int = 10
    help_minutes_several: int = 15
    help_age: int = 8
    contact_cleaning_minutes: int = 20
    airborne_cleaning_minutes: int = 45
