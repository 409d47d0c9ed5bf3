"""Rules for the order of a patient's exams and the time between them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from worklist.rules import kidney, sources
from worklist.rules.common import (
    GADOLINIUM,
    clock,
    day,
    gives_gadolinium,
    gives_iodinated,
    is_emergency,
    is_nuclear,
)
from worklist.rules.facts import ExamFacts, PastExam, PatientFacts, Thresholds
from worklist.rules.findings import Avoid, Delay, Finding, Hold, Role, Warn
from worklist.vocabulary import Contrast

_ABDOMEN = frozenset({"ABDOMEN", "PELVIS", "ABDOMENPELVIS", "ABDPELVIS", "COLON", "STOMACH"})
_BLURRED_BY_BARIUM = frozenset({"CT", "US", "NM", "PT"})


@dataclass(frozen=True, slots=True)
class _Gap:
    """Time to keep from another exam: ``after`` it, and ``before`` it where it is still to come."""

    rule: str
    why: str
    source: str
    after: timedelta
    before: timedelta


def iodinated_again(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """IC-09: time between two doses of iodinated contrast, longer for bad kidneys."""
    if not gives_iodinated(exam):
        return
    hours = thresholds.iodinated_interval_hours
    if patient.dialysis:
        hours = thresholds.iodinated_interval_hours_dialysis
    elif kidney.clears_slowly(patient, thresholds):
        hours = thresholds.iodinated_interval_hours_low_egfr
    interval = timedelta(hours=hours)
    why = f"{hours} hours between two doses of iodinated contrast"
    gap = _Gap("IC-09", why, sources.ESUR_INTERVALS, interval, interval)
    for other in patient.exams:
        if other.contrast == Contrast.IODINATED:
            yield from _keep(gap, exam, other, now)


def gadolinium_near(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """IC-10: time between gadolinium and any other contrast dose, longer for bad kidneys."""
    hours = thresholds.gadolinium_interval_hours
    if kidney.clears_slowly(patient, thresholds):
        hours = thresholds.gadolinium_interval_hours_low_egfr
    interval = timedelta(hours=hours)
    why = f"{hours} hours between gadolinium and other contrast"
    gap = _Gap("IC-10", why, sources.ESUR_INTERVALS, interval, interval)
    for other in patient.exams:
        after_gadolinium = other.contrast in GADOLINIUM and (
            gives_iodinated(exam) or gives_gadolinium(exam)
        )
        if after_gadolinium or (other.contrast == Contrast.IODINATED and gives_gadolinium(exam)):
            yield from _keep(gap, exam, other, now)


def thyroid_after_contrast(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """IC-11: iodinated contrast blocks a thyroid scan's uptake for six to eight weeks."""
    if not _shows_thyroid_uptake(exam):
        return
    doses = [past.starts_at for past in patient.exams if past.contrast == Contrast.IODINATED]
    yield from _after_dose([dose for dose in doses if dose <= now], thresholds, now)
    coming = [dose for dose in doses if dose > now]
    if coming:
        yield Warn(
            rule="IC-11",
            text=f"Iodinated contrast is booked on {day(min(coming))}: do the thyroid scan first.",
            source=sources.SNMMI_THYROID,
        )


def _after_dose(doses: list[datetime], thresholds: Thresholds, now: datetime) -> Iterable[Finding]:
    if not doses:
        return
    last = max(doses)
    earliest = last + timedelta(days=thresholds.thyroid_scan_after_contrast_days)
    text = f"Iodinated contrast on {day(last)}: no thyroid scan before {day(earliest)}."
    if earliest > now:
        yield Delay(rule="IC-11", text=text, source=sources.SNMMI_THYROID, not_before=earliest)
    if last + timedelta(days=thresholds.thyroid_scan_ask_days) > now:
        weeks = thresholds.thyroid_scan_ask_days // 7
        yield Hold(
            rule="IC-11",
            text=f"Iodinated contrast on {day(last)}, less than {weeks} weeks ago.",
            source=sources.SNMMI_THYROID,
            role=Role.NUCLEAR_PHYSICIAN,
            question=f"May the thyroid be scanned before {weeks} weeks are over?",
        )


def _shows_thyroid_uptake(exam: ExamFacts) -> bool:
    tracer = (exam.radiopharmaceutical or "").casefold()
    return is_nuclear(exam) and (exam.body_part.casefold() == "thyroid" or "iodide" in tracer)


def radioactive_patient(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """NM-04: no long contact with a patient who has just been given a tracer."""
    hours = timedelta(hours=thresholds.radioactive_contact_hours)
    for other in patient.exams:
        close = exam.modality == "US" and is_nuclear(other) and now - other.starts_at < hours
        later = is_nuclear(exam) and other.modality == "US" and other.starts_at > now - hours
        if close or later:
            booked = "a tracer" if close else "an ultrasound"
            yield Warn(
                rule="NM-04",
                text=f"The patient also has {booked} on {clock(other.starts_at)}: ultrasound comes "
                f"before the tracer, or {thresholds.radioactive_contact_hours} hours after it.",
                source=sources.ICRP_94,
            )


def barium(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """PR-04: barium hides the abdomen from other exams for two to three days."""
    hours = timedelta(hours=thresholds.barium_wait_hours)
    why = f"{thresholds.barium_wait_hours} hours after barium"
    none = timedelta(0)
    for other in patient.exams:
        if other.contrast == Contrast.BARIUM and _is_blurred_by_barium(exam):
            gap = _Gap("PR-04", why, sources.PRACTICE, hours, none)
            yield from _keep(gap, exam, other, now)
        if exam.contrast == Contrast.BARIUM and _is_blurred_by_barium(other):
            gap = _Gap("PR-04", f"barium comes last, {why}", sources.PRACTICE, none, hours)
            yield from _keep(gap, exam, other, now)


def _is_blurred_by_barium(exam: ExamFacts | PastExam) -> bool:
    return exam.modality in _BLURRED_BY_BARIUM and exam.body_part.upper() in _ABDOMEN


def _keep(gap: _Gap, exam: ExamFacts, other: PastExam, now: datetime) -> Iterable[Finding]:
    """Keep the gap from a done exam by a delay, from a booked one by leaving its time out."""
    opens, ends = other.starts_at - gap.before, other.starts_at + gap.after
    if ends <= now or opens == ends:
        return
    text = f"The other exam is on {clock(other.starts_at)}: keep {gap.why}."
    if is_emergency(exam):
        if opens <= now:
            yield Warn(rule=gap.rule, text=f"{text} The emergency goes on.", source=gap.source)
    elif other.starts_at <= now:
        yield Delay(rule=gap.rule, text=text, source=gap.source, not_before=ends)
    else:
        yield Avoid(rule=gap.rule, text=text, source=gap.source, after=opens, before=ends)


def bleeding(
    patient: PatientFacts, exam: ExamFacts, _thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """SQ-04: an intervention in a patient whose blood is thinned."""
    if exam.modality != "XA" or "anticoagulant" not in patient.medications:
        return
    text = "The patient takes a blood thinner and has an intervention"
    if is_emergency(exam):
        yield Warn(rule="SQ-04", text=f"{text}: tell the radiologist.", source=sources.SIR)
        return
    yield Hold(
        rule="SQ-04",
        text=f"{text}.",
        source=sources.SIR,
        role=Role.RADIOLOGIST,
        question="Does the blood thinner pause, and for how long?",
    )
