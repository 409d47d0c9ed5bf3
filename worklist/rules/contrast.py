"""Rules for iodinated contrast given into a vein or an artery, beside the kidney's."""

from collections.abc import Iterable
from datetime import datetime

from worklist.language.text import _
from worklist.rules import pregnancy, reactions, sources
from worklist.rules.common import (
    GADOLINIUM,
    gives_gadolinium,
    gives_iodinated,
    is_in_hospital,
    is_intravascular,
    listed,
)
from worklist.rules.facts import ExamFacts, PatientFacts, Severity
from worklist.rules.findings import (
    Delay,
    Extend,
    ExtendedPart,
    Finding,
    Hold,
    RequireCapability,
    RequireResource,
    Role,
    Warn,
)
from worklist.rules.rule import exam_rule
from worklist.rules.thresholds import Thresholds
from worklist.vocabulary import Contrast, ContrastRoute

_OBSERVED = GADOLINIUM | {Contrast.IODINATED, Contrast.MICROBUBBLES}
_RARE_CONDITIONS = {
    "myasthenia_gravis": _("myasthenia gravis"),
    "phaeochromocytoma": "phaeochromocytoma",
    "mastocytosis": "mastocytosis",
}


@exam_rule("IC-04", effects=(Warn,), sources=(sources.ACR_CONTRAST_REACTION,))
def mild_reaction(
    patient: PatientFacts, exam: ExamFacts, _thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """A mild reaction before: another agent, premedication offered."""
    if gives_iodinated(exam) and _worst(patient) is Severity.MILD:
        yield from reactions.mild("IC-04", reactions.IODINATED)


@exam_rule("IC-05", effects=(Hold, Delay), sources=(sources.ACR_CONTRAST_REACTION,))
def moderate_reaction(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """A moderate or unknown reaction before: the radiologist decides; premedication takes time."""
    if not gives_iodinated(exam):
        return
    severity = _worst(patient)
    if severity is Severity.MODERATE:
        yield from reactions.moderate("IC-05", reactions.IODINATED, exam, thresholds, now)
    elif severity is Severity.UNKNOWN:
        yield from reactions.unknown("IC-05", reactions.IODINATED)


@exam_rule(
    "IC-06",
    effects=(Hold, RequireCapability, RequireResource, Delay),
    sources=(sources.ACR_CONTRAST_REACTION,),
    on_duty=("radiologist",),
)
def severe_reaction(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """A severe reaction before: the radiologist, a rescue team, a physician, premedication."""
    if gives_iodinated(exam) and _worst(patient) is Severity.SEVERE:
        yield from reactions.severe("IC-06", reactions.IODINATED, exam, thresholds, now)


def _worst(patient: PatientFacts) -> Severity | None:
    return reactions.worst(patient, reactions.IODINATED)


@exam_rule("IC-07", effects=(Hold,), sources=(sources.ESUR_THYROID,))
def hyperthyroidism(
    patient: PatientFacts, exam: ExamFacts, _thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """An overactive thyroid: the radiologist decides."""
    if gives_iodinated(exam) and "hyperthyroidism" in patient.conditions:
        yield Hold(
            rule="IC-07",
            text=_("The thyroid is overactive: iodinated contrast can make it dangerously so."),
            source=sources.ESUR_THYROID,
            role=Role.RADIOLOGIST,
            question=_("Is the thyroid treated, and may iodinated contrast be given?"),
        )


@exam_rule(
    "IC-12",
    effects=(RequireCapability, RequireResource),
    sources=(sources.ACR_CONTRAST_INJECTION,),
)
def injector(
    _patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """Contrast by vein, or by power injection, needs an injector and somebody trained to use it.

    The technologist of the room is trained; where the department wants a nurse, one is reserved.
    """
    if _iodine_by_injector(exam):
        words, capability = _("iodinated contrast"), "iodinated_contrast"
    elif gives_gadolinium(exam):
        words, capability = _("gadolinium"), "gadolinium_contrast"
    else:
        return
    yield RequireCapability(
        rule="IC-12",
        text=_(
            "Contrast is injected by vein: the room needs an injector for %(words)s.", words=words
        ),
        source=sources.ACR_CONTRAST_INJECTION,
        capability=capability,
    )
    if thresholds.injection_by_nurse:
        yield RequireResource(
            rule="IC-12",
            text=_("Contrast is injected: a nurse places the line and injects."),
            source=sources.ACR_CONTRAST_INJECTION,
            resource_kind="nurse",
        )


@exam_rule("IC-12", effects=(Hold, Extend, Warn), sources=(sources.ACR_CONTRAST_INJECTION,))
def venous_access(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """An injector needs a line that bears its pressure: veins hard to find take time.

    A port or another central line that nobody has said is made for power injection is asked
    about, at the latest before the exam. On a ward or in the emergency department the line is
    placed there.
    """
    if not (_iodine_by_injector(exam) or gives_gadolinium(exam)):
        return
    if "central_line" in patient.conditions and "power_rated_line" not in patient.conditions:
        yield Hold(
            rule="IC-12",
            text=_("The patient has a central line that may not bear the injector's pressure."),
            source=sources.ACR_CONTRAST_INJECTION,
            role=Role.TECHNOLOGIST,
            question=_(
                "Is the central line made for power injection, or which other vein is there?"
            ),
            before_booking=False,
        )
    minutes = thresholds.difficult_veins_minutes
    if "difficult_veins" not in patient.conditions or not minutes:
        return
    if is_in_hospital(exam):
        text = _("The patient's veins are hard to find: place the line on the ward.")
        yield Warn(rule="IC-12", text=text, source=sources.ACR_CONTRAST_INJECTION)
        return
    yield Extend(
        rule="IC-12",
        text=_(
            "The patient's veins are hard to find: %(minutes)s minutes before, for the line.",
            minutes=minutes,
        ),
        source=sources.ACR_CONTRAST_INJECTION,
        part=ExtendedPart.BEFORE,
        minutes=minutes,
        resource_kind="preparation_chair",
    )


def _iodine_by_injector(exam: ExamFacts) -> bool:
    by_vein = gives_iodinated(exam) and exam.contrast_route == ContrastRoute.INTRAVENOUS
    return by_vein or (exam.contrast == Contrast.IODINATED and exam.power_injection)


@exam_rule(
    "IC-13",
    effects=(RequireResource, Extend, Warn),
    sources=(sources.ACR_CONTRAST_REACTION, sources.ESUR_REACTIONS),
    on_duty=("radiologist",),
)
def observation(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """A physician is at work during, and the patient watched after, contrast into a vessel.

    From a ward or the emergency department the patient is watched there, not in a chair.
    """
    if exam.contrast not in _OBSERVED or not is_intravascular(exam):
        return
    yield RequireResource(
        rule="IC-13",
        text=_("Contrast into a vessel: a radiologist has to be at work in the department."),
        source=sources.ACR_CONTRAST_REACTION,
        resource_kind="radiologist",
        on_duty=True,
    )
    minutes = (
        thresholds.observation_minutes_at_risk
        if patient.reactions
        else thresholds.observation_minutes
    )
    source = f"{sources.ACR_CONTRAST_REACTION}; {sources.ESUR_REACTIONS}"
    if is_in_hospital(exam):
        text = _(
            "Ward or emergency department: watch the patient for %(minutes)s minutes afterwards.",
            minutes=minutes,
        )
        yield Warn(rule="IC-13", text=text, source=source)
        return
    yield Extend(
        rule="IC-13",
        text=_("The patient stays for %(minutes)s minutes after the contrast.", minutes=minutes),
        source=source,
        part=ExtendedPart.AFTER,
        minutes=minutes,
        resource_kind="preparation_chair",
    )


@exam_rule(
    "IC-14", effects=(Hold, Warn), sources=(sources.ACR_CONTRAST_PREGNANCY, sources.ESUR_THYROID)
)
def pregnant(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """Iodinated contrast in pregnancy: radiologist, and the newborn's thyroid is checked."""
    if not gives_iodinated(exam) or not pregnancy.is_pregnant(patient, thresholds, now):
        return
    yield Hold(
        rule="IC-14",
        text=_("The patient is pregnant: iodinated contrast only if the result is needed now."),
        source=sources.ACR_CONTRAST_PREGNANCY,
        found=pregnancy.found(patient),
        role=Role.RADIOLOGIST,
        question=_("Is iodinated contrast needed in this pregnancy?"),
    )
    yield Warn(
        rule="IC-14",
        text=_("Contrast in pregnancy: the newborn's thyroid is checked in the first week."),
        source=sources.ESUR_THYROID,
    )


@exam_rule("IC-15", effects=(Warn,), sources=(sources.ACR_CONTRAST_REACTION,))
def rare_conditions(
    patient: PatientFacts, exam: ExamFacts, _thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """Conditions that contrast can worsen, for the team to know."""
    found = [words for name, words in _RARE_CONDITIONS.items() if name in patient.conditions]
    if gives_iodinated(exam) and found:
        yield Warn(
            rule="IC-15",
            text=_(
                "The patient has %(listed)s: watch closely during and after the contrast.",
                listed=listed(found),
            ),
            source=sources.ACR_CONTRAST_REACTION,
        )
