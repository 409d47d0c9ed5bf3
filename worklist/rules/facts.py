"""What rules read: plain data about patient, exam and room, gathered by the caller.

Every fact that ages carries the time at which it was observed. ``None`` always means "not known",
never "no": a rule that needs an unknown fact asks for it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from worklist.vocabulary import Contrast, ContrastRoute, OperatingMode


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
    ``excluded_parts`` the body parts (DICOM CS) that its label keeps out of the middle of the
    magnet; ``card_seen`` says whether the MR safety officer has seen the implant's card.
    The limits of its label, None where it names none: ``sar_w_kg`` whole-body SAR, ``b1_rms_ut``
    B1+rms in µT, ``slew_rate_t_m_s`` of the gradients, ``spatial_gradient_t_m`` of the field.
    """

    name: str
    safety: ImplantSafety
    conditional_tesla: tuple[float, ...] = ()
    excluded_parts: tuple[str, ...] = ()
    cardiac: bool = False
    card_seen: bool = False
    sar_w_kg: float | None = None
    b1_rms_ut: float | None = None
    slew_rate_t_m_s: float | None = None
    spatial_gradient_t_m: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pregnancy:
    """Answer to the pregnancy question and when it was given."""

    pregnant: bool
    observed_at: datetime
    weeks: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A number of the laboratory, in the unit of its kind, and when the blood was taken."""

    number: float
    observed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """A treatment and its last day: ``g_csf``, ``chemotherapy`` or ``radiotherapy``."""

    name: str
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PastExam:
    """Another exam of the same patient, done or booked, never the one that is judged.

    Cancelled exams are left out; ``laterality`` is ``L``, ``R`` or ``B`` where the order says it;
    ``bleeding_risk`` is ``low`` or ``high`` of an intervention.
    """

    procedure_code: str
    modality: str
    body_part: str
    contrast: Contrast
    starts_at: datetime
    dose_msv: float = 0.0
    laterality: str | None = None
    duration_minutes: int = 30
    bleeding_risk: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientFacts:
    """What is known about the patient.

    ``girth_cm`` is the largest circumference of the trunk; ``platelets`` are 10⁹/L;
    ``last_period_at`` is the first day of the last period; ``no_shows`` counts missed exams.
    """

    birth_date: date | None = None
    sex: str | None = None
    weight_kg: float | None = None
    height_cm: float | None = None
    girth_cm: float | None = None
    renal_function: RenalFunction | None = None
    acute_kidney_injury: bool | None = None
    dialysis: bool | None = None
    reactions: tuple[ContrastReaction, ...] = ()
    implants: tuple[Implant, ...] = ()
    mr_screened_at: datetime | None = None
    metal_eye_injury: bool | None = None
    pregnancy: Pregnancy | None = None
    last_period_at: datetime | None = None
    glucose_mg_dl: float | None = None
    inr: Measurement | None = None
    platelets: Measurement | None = None
    treatments: tuple[Treatment, ...] = ()
    conditions: frozenset[str] = frozenset()
    medications: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    isolation: str | None = None
    exams: tuple[PastExam, ...] = ()
    no_shows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamFacts:
    """The exam to be booked.

    ``patient_class`` is HL7 table 0004 (``I`` inpatient, ``E`` emergency, ``O`` outpatient);
    ``ordered_at`` is when the order was placed; ``irradiates_pelvis`` says that the primary beam
    meets abdomen or pelvis; ``screening`` marks a screening programme's exam;
    ``premedication_started_at`` is when the first dose against a contrast reaction was taken;
    ``oral_contrast`` is drunk beside what ``contrast`` names; ``uptake_minutes`` lie between the
    tracer's injection and the stay in the room; ``bleeding_risk`` is ``low`` or ``high`` of an
    intervention, None of any other exam; ``operating_mode`` is the one in which an MR is planned;
    ``negative_pressure`` says that a room for the exam has it.
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
    oral_contrast: bool = False
    uptake_minutes: int = 0
    bleeding_risk: str | None = None
    operating_mode: OperatingMode | None = None
    negative_pressure: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomFacts:
    """A room that could take the exam.

    ``slew_rate_t_m_s`` is the most that its gradients reach along one axis,
    ``spatial_gradient_t_m`` the field's largest gradient where a patient can be.
    """

    code: str
    modalities: frozenset[str]
    capabilities: frozenset[str]
    table_limit_kg: float | None = None
    field_strength_tesla: float | None = None
    bore_cm: int | None = None
    slew_rate_t_m_s: float | None = None
    spatial_gradient_t_m: float | None = None
