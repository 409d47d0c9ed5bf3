"""What is known of the patient's kidneys, as the contrast rules see it."""

from datetime import datetime, timedelta

from worklist.language.text import _
from worklist.rules.common import age_in_years, day, is_in_hospital
from worklist.rules.facts import ExamFacts, PatientFacts
from worklist.rules.findings import values
from worklist.rules.thresholds import Thresholds

_RISK_CONDITIONS = {
    "kidney_disease": _("kidney disease"),
    "kidney_surgery": _("kidney surgery"),
    "single_kidney": _("a single kidney"),
    "hypertension": _("treated high blood pressure"),
    "diabetes": _("diabetes"),
}


def risk_factors(patient: PatientFacts, thresholds: Thresholds, now: datetime) -> list[str]:
    """Return why renal function is wanted, in words; empty where nothing speaks for it.

    Source: ACR Manual on Contrast Media 2024, list of risk factors. A former eGFR below the
    moderate limit counts as kidney disease.
    """
    age = age_in_years(patient, now)
    found: list[str] = [
        words for name, words in _RISK_CONDITIONS.items() if name in patient.conditions
    ]
    if age is not None and age > thresholds.contrast_age_at_risk:
        found.insert(0, _("an age of %(age)s", age=age))
    if "metformin" in patient.medications:
        found.append(_("metformin"))
    known = patient.renal_function
    if known is not None and known.egfr < thresholds.egfr_moderate:
        found.append(_("an eGFR of %(egfr)s before", egfr=f"{known.egfr:g}"))
    return found


def risks_found(patient: PatientFacts) -> tuple[str, ...]:
    """Return the facts behind `risk_factors` as values."""
    names = [name for name in _RISK_CONDITIONS if name in patient.conditions]
    return values(*names, *({"metformin"} & set(patient.medications)), *state_found(patient))


def missing_egfr(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> str | None:
    """Say why the known renal function will not do, None where it is recent enough."""
    known = patient.renal_function
    if known is None:
        return _("Renal function is not known")
    days = (
        thresholds.egfr_valid_days_inpatient
        if is_in_hospital(exam)
        else thresholds.egfr_valid_days_outpatient
    )
    if now - known.observed_at <= timedelta(days=days):
        return None
    return _(
        "Renal function of %(day)s is too old (%(days)s days allowed)",
        day=day(known.observed_at),
        days=days,
    )


def has_low_egfr(patient: PatientFacts, limit: float) -> bool:
    """Return whether the newest eGFR, of whatever date, is below the limit."""
    return patient.renal_function is not None and patient.renal_function.egfr < limit


def is_failing(patient: PatientFacts, thresholds: Thresholds) -> bool:
    """Describe severe impairment: low eGFR, acute kidney injury or dialysis."""
    return (
        patient.acute_kidney_injury is True
        or patient.dialysis is True
        or has_low_egfr(patient, thresholds.egfr_low)
    )


def clears_slowly(patient: PatientFacts, thresholds: Thresholds) -> bool:
    """Return whether contrast stays long in the body: severe impairment, or eGFR at the limit."""
    known = patient.renal_function
    return is_failing(patient, thresholds) or (
        known is not None and known.egfr <= thresholds.egfr_low
    )


def state_found(patient: PatientFacts) -> tuple[str, ...]:
    """Return the facts behind `state` as values."""
    if patient.dialysis:
        return values("dialysis")
    if patient.acute_kidney_injury:
        return values("acute_kidney_injury")
    known = patient.renal_function
    return () if known is None else values("egfr", known.egfr, known.observed_at)


def state(patient: PatientFacts) -> str:
    """Describe the kidneys for a sentence, worst first."""
    if patient.dialysis:
        return _("The patient is on dialysis")
    if patient.acute_kidney_injury:
        return _("The patient has an acute kidney injury")
    known = patient.renal_function
    if known is None:
        return _("Renal function is not known")
    return _(
        "Renal function is %(egfr)s mL/min/1.73 m² (%(day)s)",
        egfr=f"{known.egfr:g}",
        day=day(known.observed_at),
    )
