"""Rules for the order of a patient's exams."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from worklist.language.text import _
from worklist.rules import gaps, sources
from worklist.rules.common import clock, day, is_intravascular, is_nuclear, is_same_place
from worklist.rules.facts import ExamFacts, PastExam, PatientFacts
from worklist.rules.findings import Avoid, Delay, Finding, Sequence, Warn
from worklist.rules.rule import exam_rule
from worklist.rules.thresholds import Thresholds
from worklist.vocabulary import Contrast

_ABDOMEN = frozenset(
    {
        "ABDOMEN",
        "ABDOMENPELVIS",
        "ABDPELVIS",
        "COLON",
        "GALLBLADDER",
        "KIDNEY",
        "LIVER",
        "PANCREAS",
        "PELVIS",
        "STOMACH",
    }
)
_BLURRED_BY_BARIUM = frozenset({"CT", "US", "NM", "PT"})
_CROSS_SECTIONS = frozenset({"CT", "MR"})
_FIT_THE_WAIT = frozenset({"CT", "MR", "DX", "CR", "MG"})


def _shows_abdomen(exam: ExamFacts | PastExam) -> bool:
    return exam.body_part.upper() in _ABDOMEN


@exam_rule("NM-04", effects=(Delay, Avoid, Warn), sources=(sources.ICRP_94,))
def radioactive_patient(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """No long contact, as in ultrasound, with a patient who has just been given a tracer."""
    hours = timedelta(hours=thresholds.radioactive_contact_hours)
    none = timedelta(0)
    why = _(
        "ultrasound comes before the tracer, or %(radioactive_contact_hours)s hours after it",
        radioactive_contact_hours=thresholds.radioactive_contact_hours,
    )
    for other in patient.exams:
        if exam.modality == "US" and is_nuclear(other):
            # The tracer is given before the stay in the room that is booked.
            gap = gaps.Gap("NM-04", why, sources.ICRP_94, hours, none)
            yield from gaps.keep(gap, exam, other, now)
        elif is_nuclear(exam) and other.modality == "US":
            before = hours + timedelta(minutes=exam.uptake_minutes)
            gap = gaps.Gap("NM-04", why, sources.ICRP_94, none, before)
            yield from gaps.keep(gap, exam, other, now)


@exam_rule("PR-04", effects=(Delay, Avoid, Warn), sources=(sources.PRACTICE_BARIUM,))
def barium(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """Barium comes last: it hides the abdomen from other exams for two to three days."""
    hours = timedelta(hours=thresholds.barium_wait_hours)
    wait = thresholds.barium_wait_hours
    why = _("barium hides the abdomen for %(hours)s hours", hours=wait)
    last = _("barium comes after it, or %(hours)s hours before it", hours=wait)
    source = sources.PRACTICE_BARIUM
    none = timedelta(0)
    if exam.contrast == Contrast.BARIUM:
        yield Warn(
            rule="PR-04", text=_("Barium study: nothing to eat from midnight."), source=source
        )
    for other in patient.exams:
        if other.contrast == Contrast.BARIUM and _is_blurred_by_barium(exam):
            yield from gaps.keep(gaps.Gap("PR-04", why, source, hours, none), exam, other, now)
        if exam.contrast == Contrast.BARIUM and _is_blurred_by_barium(other):
            gap = gaps.Gap("PR-04", last, source, none, hours)
            yield from gaps.keep(gap, exam, other, now)


def _is_blurred_by_barium(exam: ExamFacts | PastExam) -> bool:
    return exam.modality in _BLURRED_BY_BARIUM and _shows_abdomen(exam)


@exam_rule("SQ-01", effects=(Sequence, Warn), sources=(sources.PRACTICE_VISIT,))
def without_contrast_first(
    patient: PatientFacts, exam: ExamFacts, _thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """On one day the exam without contrast comes before the one with contrast, CT or MR alike."""
    plain = exam.contrast == Contrast.NONE and not exam.oral_contrast
    source = sources.PRACTICE_VISIT
    for other in patient.exams:
        if exam.modality not in _CROSS_SECTIONS or other.modality != exam.modality:
            continue
        morning, night = gaps.day_of(other, now)
        enhanced = other.contrast != Contrast.NONE
        if plain and enhanced:
            order = gaps.Order("SQ-01", _("contrast would still be in the body"), source)
            yield from gaps.comes_before(order, exam, other, night, now)
            if other.starts_at <= now < night:
                text = _("The patient was given contrast today: it may still be seen.")
                yield Warn(rule="SQ-01", text=text, source=source)
        elif is_intravascular(exam) and not enhanced:
            order = gaps.Order("SQ-01", _("the exam without contrast goes first"), source)
            yield from gaps.comes_after(order, exam, other, since=morning, now=now)


@exam_rule("SQ-02", effects=(Sequence, Warn), sources=(sources.PRACTICE_VISIT,))
def order_of_a_visit(
    patient: PatientFacts, exam: ExamFacts, _thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """On one day ultrasound of the abdomen comes before CT and MR; a tracer's wait holds others.

    That barium is last is PR-04.
    """
    for other in patient.exams:
        yield from _ultrasound_first(exam, other, now)
        yield from _use_the_wait(exam, other, now)


def _ultrasound_first(exam: ExamFacts, other: PastExam, now: datetime) -> Iterable[Finding]:
    if not _shows_abdomen(exam) or not _shows_abdomen(other):
        return
    order = gaps.Order("SQ-02", _("ultrasound goes first"), sources.PRACTICE_VISIT)
    morning, night = gaps.day_of(other, now)
    if exam.modality == "US" and other.modality in _CROSS_SECTIONS:
        yield from gaps.comes_before(order, exam, other, night, now)
    elif exam.modality in _CROSS_SECTIONS and other.modality == "US":
        yield from gaps.comes_after(order, exam, other, since=morning, now=now)


def _use_the_wait(exam: ExamFacts, other: PastExam, now: datetime) -> Iterable[Finding]:
    fits = other.modality in _FIT_THE_WAIT and other.duration_minutes < exam.uptake_minutes
    if is_nuclear(exam) and fits and other.starts_at > now:
        yield Warn(
            rule="SQ-02",
            text=_(
                "The exam on %(clock)s fits into the wait of %(uptake_minutes)s minutes "
                "after the tracer: inject first that day.",
                clock=clock(gaps.local(other, now)),
                uptake_minutes=exam.uptake_minutes,
            ),
            source=sources.PRACTICE_VISIT,
        )


@exam_rule("SQ-03", effects=(Sequence, Warn), sources=(sources.PRACTICE_VISIT,))
def imaging_before_intervention(
    patient: PatientFacts, exam: ExamFacts, _thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """An intervention waits for booked imaging of the same part, which is read before it.

    Imaging ordered beside a booked intervention may lead to it or follow it up: a person looks.
    """
    for other in patient.exams:
        if other.starts_at <= now or not is_same_place(exam, other):
            continue
        if exam.bleeding_risk and not other.bleeding_risk:
            order = gaps.Order(
                "SQ-03", _("it is read before the intervention"), sources.PRACTICE_VISIT
            )
            yield from gaps.comes_after(order, exam, other, since=now, now=now)
        elif other.bleeding_risk and not exam.bleeding_risk:
            yield Warn(
                rule="SQ-03",
                text=_(
                    "An intervention on this part is booked on %(day)s: imaging that leads to it "
                    "comes before, its follow-up after.",
                    day=day(gaps.local(other, now)),
                ),
                source=sources.PRACTICE_VISIT,
            )
