"""Rules for what a patient does before the exam.

The leaflet of a procedure stands in the catalogue; these rules give what booking depends on.
"""

from collections.abc import Iterable
from datetime import datetime

from worklist.language.text import _
from worklist.rules import sources
from worklist.rules.common import gives_iodinated, is_emergency
from worklist.rules.facts import ExamFacts, PatientFacts
from worklist.rules.findings import Extend, ExtendedPart, Finding, PreferUntil, Warn
from worklist.rules.rule import exam_rule
from worklist.rules.thresholds import Thresholds

_FASTING_PARTS = frozenset({"ABDOMEN", "GALLBLADDER", "LIVER", "PANCREAS"})
_BLADDER_PARTS = frozenset({"PELVIS", "BLADDER"})


@exam_rule("PR-01", effects=(Extend, Warn), sources=(sources.PRACTICE_ORAL_CONTRAST,))
def oral_contrast(
    _patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """CT with oral contrast: the patient drinks in a chair before; an emergency does without."""
    if exam.modality != "CT" or not exam.oral_contrast:
        return
    source = sources.PRACTICE_ORAL_CONTRAST
    if is_emergency(exam):
        text = _(
            "The emergency does not wait for oral contrast: ask the radiologist to do without."
        )
        yield Warn(rule="PR-01", text=text, source=source)
        return
    minutes = thresholds.oral_contrast_minutes
    yield Extend(
        rule="PR-01",
        text=_(
            "The patient drinks contrast for %(minutes)s minutes before the exam.", minutes=minutes
        ),
        source=source,
        part=ExtendedPart.BEFORE,
        minutes=minutes,
        resource_kind="preparation_chair",
    )


@exam_rule("PR-02", effects=(Warn, PreferUntil), sources=(sources.AIUM_ABDOMEN,))
def fasting_before_ultrasound(
    _patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """Ultrasound of the abdomen: fasting, so the morning is preferred."""
    fasting = exam.modality == "US" and exam.body_part.upper() in _FASTING_PARTS
    hours = thresholds.ultrasound_fasting_hours
    if not fasting or exam.bleeding_risk or is_emergency(exam) or not hours:
        return
    text = _("Nothing to eat for %(hours)s hours before the ultrasound.", hours=hours)
    yield Warn(rule="PR-02", text=text, source=sources.AIUM_ABDOMEN)
    yield PreferUntil(
        rule="PR-02",
        text=_("The patient comes fasting: the morning is preferred."),
        source=sources.AIUM_ABDOMEN,
        until=thresholds.ultrasound_until,
    )


@exam_rule("PR-03", effects=(Warn,), sources=(sources.AIUM_PELVIS,))
def full_bladder(
    _patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """Ultrasound of the pelvis or the bladder: a full bladder."""
    if exam.modality == "US" and exam.body_part.upper() in _BLADDER_PARTS:
        yield Warn(
            rule="PR-03",
            text=_(
                "Drink %(bladder_ml)s mL one hour before and keep the bladder full.",
                bladder_ml=thresholds.bladder_ml,
            ),
            source=sources.AIUM_PELVIS,
        )


@exam_rule("PR-05", effects=(Warn,), sources=(sources.ESUR_FASTING,))
def fasting_before_contrast(
    _patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """No fasting before contrast CT, unless the department asks for it."""
    if exam.modality != "CT" or not gives_iodinated(exam):
        return
    hours = thresholds.contrast_fasting_hours
    text = (
        _("Nothing to eat for %(hours)s hours before the contrast.", hours=hours)
        if hours
        else _("The patient may eat and drink before the contrast.")
    )
    yield Warn(rule="PR-05", text=text, source=sources.ESUR_FASTING)
