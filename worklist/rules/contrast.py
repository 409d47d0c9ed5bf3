"""Rules for iodinated contrast given into a vein or an artery."""

from collections.abc import Iterable
from datetime import datetime

from worklist.rules import kidney, pregnancy, reactions, sources
from worklist.rules.common import (
    GADOLINIUM,
    gives_iodinated,
    is_emergency,
    is_in_hospital,
    is_intravascular,
    listed,
)
from worklist.rules.facts import ExamFacts, PatientFacts, Severity, Thresholds
from worklist.rules.findings import (
    Extend,
    ExtendedPart,
    Finding,
    Hold,
    RequireCapability,
    Role,
    Warn,
)
from worklist.vocabulary import Contrast

_OBSERVED = GADOLINIUM | {Contrast.IODINATED, Contrast.MICROBUBBLES}
_RARE_CONDITIONS = {
    "myasthenia_gravis": "myasthenia gravis",
    "phaeochromocytoma": "phaeochromocytoma",
    "mastocytosis": "mastocytosis",
}


def renal_function_known(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """IC-01: a patient at risk has a recent eGFR; an emergency does not wait for it."""
    if not gives_iodinated(exam) or patient.dialysis or patient.acute_kidney_injury:
        return
    factors = kidney.risk_factors(patient, thresholds, now)
    missing = kidney.missing_egfr(patient, exam, thresholds, now)
    if missing is None or not factors:
        return
    if is_emergency(exam):
        yield Warn(
            rule="IC-01",
            text=f"{missing} and there is a risk ({listed(factors)}): the emergency goes on.",
            source=sources.ACR_CONTRAST_KIDNEY,
        )
        return
    yield Hold(
        rule="IC-01",
        text=f"{missing}: a new eGFR is needed because of {listed(factors)}.",
        source=sources.ACR_CONTRAST_KIDNEY,
        role=Role.FRONT_DESK,
        question="What is the newest eGFR, and of which day?",
        fact="egfr",
    )


def severe_impairment(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """IC-02: eGFR below 30 or acute kidney injury: radiologist, and fluid before the injection.

    Patients on maintenance dialysis get neither (ACR-NKF 2020, prophylaxis).
    """
    if not gives_iodinated(exam) or not kidney.is_failing(patient, thresholds):
        return
    if patient.dialysis:
        yield Warn(
            rule="IC-02",
            text="The patient is on dialysis: no eGFR and no fluid are needed; "
            "tell the radiologist if the patient still passes urine.",
            source=sources.ACR_NKF,
        )
        return
    yield Hold(
        rule="IC-02",
        text=f"{kidney.state(patient)}; the limit for contrast is {thresholds.egfr_low:g}.",
        source=sources.ACR_NKF,
        role=Role.RADIOLOGIST,
        question="May iodinated contrast be given, and with which fluid?",
    )
    yield _hydration(exam, thresholds)


def _hydration(exam: ExamFacts, thresholds: Thresholds) -> Finding:
    if is_emergency(exam):
        return Warn(
            rule="IC-02",
            text="Fluid against kidney injury runs alongside: the emergency does not wait for it.",
            source=sources.ACR_NKF,
        )
    return Extend(
        rule="IC-02",
        text=f"Fluid by vein for {thresholds.hydration_minutes} minutes before the contrast.",
        source=sources.ACR_NKF,
        part=ExtendedPart.BEFORE,
        minutes=thresholds.hydration_minutes,
        resource_kind="preparation_chair",
    )


def moderate_impairment(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """IC-03: eGFR 30 to 44: a warning; the radiologist decides when kidneys get it undiluted."""
    low, limit = thresholds.egfr_low, thresholds.egfr_moderate
    if (
        not gives_iodinated(exam)
        or kidney.is_failing(patient, thresholds)
        or not kidney.has_low_egfr(patient, limit)
    ):
        return
    text = f"{kidney.state(patient)}: between {low:g} and {limit:g}."
    if exam.first_pass_renal:
        yield Hold(
            rule="IC-03",
            text=text,
            source=f"{sources.ACR_NKF}; {sources.ESUR}",
            role=Role.RADIOLOGIST,
            question="May contrast reach the kidneys through the artery, and with which fluid?",
        )
    else:
        yield Warn(rule="IC-03", text=text, source=f"{sources.ACR_NKF}; {sources.ESUR}")


def mild_reaction(
    patient: PatientFacts, exam: ExamFacts, _thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """IC-04: a mild reaction to iodinated contrast before."""
    if gives_iodinated(exam) and _worst(patient) is Severity.MILD:
        yield from reactions.mild("IC-04", reactions.IODINATED)


def moderate_reaction(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """IC-05: a moderate reaction before, or one of which nobody knows how severe it was."""
    if not gives_iodinated(exam):
        return
    severity = _worst(patient)
    if severity is Severity.MODERATE:
        yield from reactions.moderate("IC-05", reactions.IODINATED, exam, thresholds, now)
    elif severity is Severity.UNKNOWN:
        yield from reactions.unknown("IC-05", reactions.IODINATED)


def severe_reaction(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """IC-06: a severe reaction to iodinated contrast before."""
    if gives_iodinated(exam) and _worst(patient) is Severity.SEVERE:
        yield from reactions.severe("IC-06", reactions.IODINATED, exam, thresholds, now)


def _worst(patient: PatientFacts) -> Severity | None:
    return reactions.worst(patient, reactions.IODINATED)


def hyperthyroidism(
    patient: PatientFacts, exam: ExamFacts, _thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """IC-07: overt hyperthyroidism."""
    if gives_iodinated(exam) and "hyperthyroidism" in patient.conditions:
        yield Hold(
            rule="IC-07",
            text="The thyroid is overactive: iodinated contrast can make it dangerously so.",
            source=sources.ESUR_THYROID,
            role=Role.RADIOLOGIST,
            question="Is the thyroid treated, and may iodinated contrast be given?",
            fact="condition",
        )


def metformin(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """IC-08: metformin pauses for 48 hours where the kidneys are or may become bad."""
    if not gives_iodinated(exam) or "metformin" not in patient.medications:
        return
    if kidney.is_failing(patient, thresholds) or exam.first_pass_renal:
        yield Warn(
            rule="IC-08",
            text="Metformin stops at the time of the exam and for 48 hours after; "
            "renal function is checked before it starts again.",
            source=sources.ACR_CONTRAST_METFORMIN,
        )


def injector(
    _patient: PatientFacts, exam: ExamFacts, _thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """IC-12: contrast by vein, or by power injection, needs a room with an injector."""
    by_vein = gives_iodinated(exam) and exam.contrast_route == "intravenous"
    if by_vein or (exam.contrast == Contrast.IODINATED and exam.power_injection):
        yield RequireCapability(
            rule="IC-12",
            text="Contrast is injected: the room needs a power injector for iodinated contrast.",
            source=sources.ACR_CONTRAST_INJECTION,
            capability="iodinated_contrast",
        )


def observation(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """IC-13: the patient is watched after any contrast given into a vessel.

    From a ward or the emergency department the patient is watched there, not in a chair.
    """
    if exam.contrast not in _OBSERVED or not is_intravascular(exam):
        return
    minutes = (
        thresholds.observation_minutes_at_risk
        if patient.reactions
        else thresholds.observation_minutes
    )
    source = f"{sources.ACR_CONTRAST_REACTION}; {sources.ESUR}"
    if is_in_hospital(exam):
        text = f"Ward or emergency department: watch the patient for {minutes} minutes afterwards."
        yield Warn(rule="IC-13", text=text, source=source)
        return
    yield Extend(
        rule="IC-13",
        text=f"The patient stays for {minutes} minutes after the contrast.",
        source=source,
        part=ExtendedPart.AFTER,
        minutes=minutes,
        resource_kind="preparation_chair",
    )


def pregnant(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """IC-14: iodinated contrast in pregnancy: radiologist, and the newborn's thyroid is checked."""
    if not gives_iodinated(exam) or not pregnancy.is_pregnant(patient, thresholds, now):
        return
    yield Hold(
        rule="IC-14",
        text="The patient is pregnant: iodinated contrast only if the result is needed now.",
        source=sources.ACR_CONTRAST_PREGNANCY,
        role=Role.RADIOLOGIST,
        question="Is iodinated contrast needed in this pregnancy?",
    )
    yield Warn(
        rule="IC-14",
        text="Contrast in pregnancy: the newborn's thyroid is checked in the first week.",
        source=sources.ESUR_THYROID,
    )


def rare_conditions(
    patient: PatientFacts, exam: ExamFacts, _thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """IC-15: conditions that contrast can worsen, for the team to know."""
    found = [words for name, words in _RARE_CONDITIONS.items() if name in patient.conditions]
    if gives_iodinated(exam) and found:
        yield Warn(
            rule="IC-15",
            text=f"The patient has {listed(found)}: watch closely during and after the contrast.",
            source=sources.ACR_CONTRAST_REACTION,
        )
