"""Small questions that several rules ask of the facts."""

from collections.abc import Sequence
from datetime import date, datetime

from worklist.language.clock_times import written
from worklist.rules.facts import ExamFacts, PastExam, PatientFacts
from worklist.vocabulary import Contrast, ContrastRoute

GADOLINIUM = frozenset(
    {Contrast.GADOLINIUM_GROUP_1, Contrast.GADOLINIUM_GROUP_2, Contrast.GADOLINIUM_GROUP_3}
)
INTRAVASCULAR = frozenset({ContrastRoute.INTRAVENOUS, ContrastRoute.INTRA_ARTERIAL})
NUCLEAR_MODALITIES = frozenset({"NM", "PT"})


def age_in_years(patient: PatientFacts, now: datetime) -> int | None:
    """Return completed years of life, None where the birth date is not known."""
    if patient.birth_date is None:
        return None
    born = patient.birth_date
    before_birthday = (now.month, now.day) < (born.month, born.day)
    return now.year - born.year - before_birthday


def is_younger(patient: PatientFacts, years: int, now: datetime) -> bool:
    """Return whether the patient is known to be younger than so many years."""
    age = age_in_years(patient, now)
    return age is not None and age < years


def is_mr(exam: ExamFacts) -> bool:
    """Return whether the exam is magnetic resonance."""
    return exam.modality == "MR"


def is_emergency(exam: ExamFacts) -> bool:
    """Return whether the exam goes on without waiting for an answer that could be had later."""
    return exam.priority == "STAT" or exam.patient_class == "E"


def is_in_hospital(exam: ExamFacts) -> bool:
    """Return whether the patient comes from a ward or the emergency department."""
    return exam.patient_class in {"I", "E"}


def is_intravascular(exam: ExamFacts) -> bool:
    """Return whether contrast goes into a vein or an artery."""
    return exam.contrast_route in INTRAVASCULAR


def gives_iodinated(exam: ExamFacts) -> bool:
    """Return whether iodinated contrast goes into a vessel."""
    return exam.contrast == Contrast.IODINATED and is_intravascular(exam)


def gives_gadolinium(exam: ExamFacts) -> bool:
    """Return whether gadolinium goes into a vessel."""
    return exam.contrast in GADOLINIUM and is_intravascular(exam)


def is_nuclear(exam: ExamFacts | PastExam) -> bool:
    """Return whether the patient is given a radioactive tracer."""
    tracer = exam.radiopharmaceutical if isinstance(exam, ExamFacts) else None
    return exam.modality in NUCLEAR_MODALITIES or tracer is not None


def shows_thyroid_uptake(exam: ExamFacts) -> bool:
    """Return whether the exam is a thyroid scan or uses radio-iodine."""
    tracer = (exam.radiopharmaceutical or "").casefold()
    return is_nuclear(exam) and (exam.body_part.casefold() == "thyroid" or "iodide" in tracer)


def irradiates_fetus(exam: ExamFacts) -> bool:
    """Return whether the primary beam or a tracer would reach an unborn child."""
    return is_nuclear(exam) or (exam.ionising and exam.irradiates_pelvis)


def is_same_place(left: ExamFacts, right: PastExam) -> bool:
    """Return whether two exams show one body part of one side, as far as is known."""
    same_part = left.body_part.casefold() == right.body_part.casefold()
    return same_part and left.body_part != "" and _may_be_same_side(left, right)


def is_same_exam(left: ExamFacts, right: PastExam) -> bool:
    """Return whether two exams are the same procedure on one side, as far as is known."""
    return left.procedure_code == right.procedure_code and _may_be_same_side(left, right)


def _may_be_same_side(left: ExamFacts, right: PastExam) -> bool:
    return {left.laterality or "B", right.laterality or "B"} != {"L", "R"}


def day(moment: date) -> str:
    """Write a date as a clerk reads it: ``12 Nov 2026``, in the zone that the moment carries."""
    return f"{moment.day} {moment:%b %Y}"


def clock(moment: datetime) -> str:
    """Write a date and time: ``12 Nov 2026 14:30``, in the zone that the moment carries."""
    return f"{day(moment)} {written(moment)}"


def listed(words: Sequence[str]) -> str:
    """Join words for a sentence: ``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
