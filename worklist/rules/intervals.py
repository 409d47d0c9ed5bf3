"""Rules for the time between doses of contrast, and between contrast and the thyroid scan."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from worklist.language.text import _
from worklist.rules import gaps, kidney, sources
from worklist.rules.common import (
    GADOLINIUM,
    clock,
    day,
    gives_gadolinium,
    gives_iodinated,
    is_emergency,
    is_nuclear,
    shows_thyroid_uptake,
)
from worklist.rules.facts import ExamFacts, PastExam, PatientFacts
from worklist.rules.findings import Avoid, Delay, Finding, Hold, Role, Sequence, Warn, values
from worklist.rules.rule import exam_rule
from worklist.rules.thresholds import Thresholds
from worklist.vocabulary import Contrast


@exam_rule("IC-09", effects=(Delay, Avoid, Warn), sources=(sources.ESUR_INTERVALS,))
def iodinated_again(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """Time between two doses of iodinated contrast, longer for bad kidneys."""
    if not gives_iodinated(exam):
        return
    hours = thresholds.iodinated_interval_hours
    better = thresholds.iodinated_interval_preferred_hours
    if patient.dialysis:
        hours = thresholds.iodinated_interval_hours_dialysis
    elif kidney.clears_slowly(patient, thresholds):
        hours = thresholds.iodinated_interval_hours_low_egfr
    interval = timedelta(hours=hours)
    why = _("%(hours)s hours lie between two doses of iodinated contrast", hours=hours)
    gap = gaps.Gap("IC-09", why, sources.ESUR_INTERVALS, interval, interval)
    for other in patient.exams:
        if other.contrast != Contrast.IODINATED:
            continue
        kept = list(gaps.keep(gap, exam, other, now))
        yield from kept
        soon = abs(other.starts_at - now) < timedelta(hours=better)
        if soon and hours < better and not is_emergency(exam):
            yield Warn(
                rule="IC-09",
                text=_(
                    "Iodinated contrast also on %(clock)s: %(better)s hours between the two are "
                    "better.",
                    clock=clock(gaps.local(other, now)),
                    better=better,
                ),
                source=sources.ESUR_INTERVALS,
            )


@exam_rule("IC-10", effects=(Delay, Avoid, Warn), sources=(sources.ESUR_INTERVALS,))
def gadolinium_near(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """Time between gadolinium and any other contrast dose, longer for bad kidneys."""
    hours = thresholds.gadolinium_interval_hours
    if kidney.clears_slowly(patient, thresholds):
        hours = thresholds.gadolinium_interval_hours_low_egfr
    interval = timedelta(hours=hours)
    why = _("%(hours)s hours lie between gadolinium and other contrast", hours=hours)
    gap = gaps.Gap("IC-10", why, sources.ESUR_INTERVALS, interval, interval)
    for other in patient.exams:
        after_gadolinium = other.contrast in GADOLINIUM and (
            gives_iodinated(exam) or gives_gadolinium(exam)
        )
        if after_gadolinium or (other.contrast == Contrast.IODINATED and gives_gadolinium(exam)):
            yield from gaps.keep(gap, exam, other, now)


@exam_rule("IC-11", effects=(Delay, Hold, Sequence, Warn), sources=(sources.SNMMI_THYROID,))
def thyroid_after_contrast(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """Iodinated contrast blocks a thyroid scan's uptake: never within six weeks, asked to eight.

    The six weeks are a delay that nobody can override. Where both are still to come, the thyroid
    scan goes first; only a routine contrast exam waits for it.
    """
    if shows_thyroid_uptake(exam):
        doses = [past for past in patient.exams if past.contrast == Contrast.IODINATED]
        yield from _after_dose([one.starts_at for one in doses], thresholds, now)
        order = gaps.Order("IC-11", _("contrast spoils the thyroid scan"), sources.SNMMI_THYROID)
        for dose in doses:
            until = dose.starts_at + timedelta(days=thresholds.thyroid_scan_after_contrast_days)
            yield from gaps.comes_before(order, exam, dose, until, now)
    elif gives_iodinated(exam):
        for scan in filter(_is_thyroid_scan, patient.exams):
            yield from _before_contrast(exam, scan, thresholds, now)


def _is_thyroid_scan(other: PastExam) -> bool:
    return is_nuclear(other) and other.body_part.casefold() == "thyroid"


def _before_contrast(
    exam: ExamFacts, scan: PastExam, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    days = thresholds.thyroid_scan_after_contrast_days
    if exam.priority == "ROUTINE":
        why = _("the thyroid scan goes before the contrast")
        order = gaps.Order("IC-11", why, sources.SNMMI_THYROID)
        since = scan.starts_at - timedelta(days=days)
        yield from gaps.comes_after(order, exam, scan, since=since, now=now)
    elif scan.starts_at > now:
        yield Warn(
            rule="IC-11",
            text=_(
                "A thyroid scan is booked on %(day)s: contrast before it means %(days)s days "
                "of waiting.",
                day=day(gaps.local(scan, now)),
                days=days,
            ),
            source=sources.SNMMI_THYROID,
        )


def _after_dose(doses: list[datetime], thresholds: Thresholds, now: datetime) -> Iterable[Finding]:
    last = max((dose for dose in doses if dose <= now), default=None)
    if last is None:
        return
    earliest = last + timedelta(days=thresholds.thyroid_scan_after_contrast_days)
    text = _(
        "Iodinated contrast on %(day)s: no thyroid scan before %(day2)s.",
        day=day(last),
        day2=day(earliest),
    )
    if earliest > now:
        yield Delay(rule="IC-11", text=text, source=sources.SNMMI_THYROID, not_before=earliest)
    if last + timedelta(days=thresholds.thyroid_scan_ask_days) > now:
        weeks = thresholds.thyroid_scan_ask_days // 7
        yield Hold(
            rule="IC-11",
            text=_(
                "Iodinated contrast on %(day)s, less than %(weeks)s weeks ago.",
                day=day(last),
                weeks=weeks,
            ),
            source=sources.SNMMI_THYROID,
            found=values(last),
            role=Role.NUCLEAR_PHYSICIAN,
            question=_("May the thyroid be scanned before %(weeks)s weeks are over?", weeks=weeks),
        )
