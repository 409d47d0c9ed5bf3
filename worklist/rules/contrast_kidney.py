"""Rules for iodinated contrast and the kidney."""

from collections.abc import Iterable
from datetime import datetime

from worklist.language.text import _
from worklist.rules import kidney, sources
from worklist.rules.common import gives_iodinated, is_emergency, listed
from worklist.rules.facts import ExamFacts, PatientFacts
from worklist.rules.findings import Extend, ExtendedPart, Finding, Hold, Role, Warn
from worklist.rules.rule import exam_rule
from worklist.rules.thresholds import Thresholds


@exam_rule("IC-01", effects=(Hold, Warn), sources=(sources.ACR_CONTRAST_KIDNEY,))
def renal_function_known(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """A patient at risk has a recent eGFR; an emergency does not wait for it."""
    if not gives_iodinated(exam) or patient.dialysis or patient.acute_kidney_injury:
        return
    factors = kidney.risk_factors(patient, thresholds, now)
    missing = kidney.missing_egfr(patient, exam, thresholds, now)
    if missing is None or not factors:
        return
    if is_emergency(exam):
        yield Warn(
            rule="IC-01",
            text=_(
                "%(missing)s and there is a risk (%(listed)s): the emergency goes on.",
                missing=missing,
                listed=listed(factors),
            ),
            source=sources.ACR_CONTRAST_KIDNEY,
        )
        return
    yield Hold(
        rule="IC-01",
        text=_(
            "%(missing)s: a new eGFR is needed because of %(listed)s.",
            missing=missing,
            listed=listed(factors),
        ),
        source=sources.ACR_CONTRAST_KIDNEY,
        found=kidney.risks_found(patient),
        role=Role.FRONT_DESK,
        question=_("What is the newest eGFR, and of which day?"),
        fact="egfr",
    )


@exam_rule("IC-02", effects=(Hold, Extend, Warn), sources=(sources.ACR_NKF,))
def severe_impairment(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """Severe impairment of the kidneys: the radiologist decides, and fluid is given before.

    Patients on maintenance dialysis get neither (ACR-NKF 2020, prophylaxis).
    """
    if not gives_iodinated(exam) or not kidney.is_failing(patient, thresholds):
        return
    if patient.dialysis:
        yield Warn(
            rule="IC-02",
            text=_(
                "The patient is on dialysis: no eGFR and no fluid are needed; tell the "
                "radiologist if the patient still passes urine."
            ),
            source=sources.ACR_NKF,
        )
        return
    yield Hold(
        rule="IC-02",
        text=_(
            "%(state)s; the limit for contrast is %(egfr_low)s.",
            state=kidney.state(patient),
            egfr_low=f"{thresholds.egfr_low:g}",
        ),
        source=sources.ACR_NKF,
        found=kidney.state_found(patient),
        role=Role.RADIOLOGIST,
        question=_("May iodinated contrast be given, and with which fluid?"),
    )
    yield _hydration(exam, thresholds)


def _hydration(exam: ExamFacts, thresholds: Thresholds) -> Finding:
    if is_emergency(exam):
        return Warn(
            rule="IC-02",
            text=_(
                "Fluid against kidney injury runs alongside: the emergency does not wait for it."
            ),
            source=sources.ACR_NKF,
        )
    return Extend(
        rule="IC-02",
        text=_(
            "Fluid by vein for %(hydration_minutes)s minutes before the contrast.",
            hydration_minutes=thresholds.hydration_minutes,
        ),
        source=sources.ACR_NKF,
        part=ExtendedPart.BEFORE,
        minutes=thresholds.hydration_minutes,
        resource_kind="preparation_chair",
    )


@exam_rule("IC-03", effects=(Hold, Warn), sources=(sources.ACR_NKF, sources.ESUR_KIDNEY))
def moderate_impairment(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """Moderate impairment warns; the radiologist decides when kidneys get it undiluted."""
    low, limit = thresholds.egfr_low, thresholds.egfr_moderate
    if (
        not gives_iodinated(exam)
        or kidney.is_failing(patient, thresholds)
        or not kidney.has_low_egfr(patient, limit)
    ):
        return
    text = _(
        "%(state)s: between %(low)s and %(limit)s.",
        state=kidney.state(patient),
        low=f"{low:g}",
        limit=f"{limit:g}",
    )
    if exam.first_pass_renal:
        yield Hold(
            rule="IC-03",
            text=text,
            source=f"{sources.ACR_NKF}; {sources.ESUR_KIDNEY}",
            found=kidney.state_found(patient),
            role=Role.RADIOLOGIST,
            question=_("May contrast reach the kidneys through the artery, and with which fluid?"),
        )
    else:
        yield Warn(rule="IC-03", text=text, source=f"{sources.ACR_NKF}; {sources.ESUR_KIDNEY}")


@exam_rule("IC-08", effects=(Warn,), sources=(sources.ACR_CONTRAST_METFORMIN,))
def metformin(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """Metformin pauses for 48 hours where the kidneys are or may become bad."""
    if not gives_iodinated(exam) or "metformin" not in patient.medications:
        return
    if kidney.is_failing(patient, thresholds) or exam.first_pass_renal:
        yield Warn(
            rule="IC-08",
            text=_(
                "Metformin stops at the time of the exam and for 48 hours after; renal "
                "function is checked before it starts again."
            ),
            source=sources.ACR_CONTRAST_METFORMIN,
        )
