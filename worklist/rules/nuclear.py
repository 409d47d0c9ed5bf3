"""Rules for nuclear medicine and PET.

The uptake itself is a phase of the procedure in the catalogue, not a rule.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from math import log2

from worklist.language.text import _
from worklist.rules import sources
from worklist.rules.common import day, is_emergency, is_nuclear, listed
from worklist.rules.facts import ExamFacts, PatientFacts
from worklist.rules.findings import (
    Block,
    DailyWindows,
    Finding,
    Hold,
    PreferUntil,
    Role,
    Warn,
    values,
)
from worklist.rules.rule import exam_rule
from worklist.rules.thresholds import Thresholds, TracerDelivery
from worklist.rules.tracers import nuclide_of

_FDG = ("fdg", "fludeoxyglucose")
_BONE_TRACERS = ("medronate", "mdp", "oxidronate", "hdp", "hmdp", "dpd")
_TREATMENTS = {
    "g_csf": _("a growth factor (G-CSF)"),
    "chemotherapy": _("chemotherapy"),
    "radiotherapy": _("radiotherapy"),
}
_LAST_MINUTE = 24 * 60 - 1


def _is_fdg(exam: ExamFacts) -> bool:
    tracer = (exam.radiopharmaceutical or "").casefold()
    return any(name in tracer for name in _FDG)


@exam_rule("NM-01", effects=(Warn, PreferUntil, Hold), sources=(sources.SNMMI_FDG,))
def fdg(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """FDG: fasting, blood glucose, and the morning for patients with diabetes."""
    if not _is_fdg(exam):
        return
    source = sources.SNMMI_FDG
    yield Warn(
        rule="NM-01",
        text=_(
            "Nothing but water for %(fdg_fasting_hours)s hours before the tracer.",
            fdg_fasting_hours=thresholds.fdg_fasting_hours,
        ),
        source=source,
    )
    if "diabetes" in patient.conditions:
        text = _("The patient has diabetes: measure glucose on arrival.")
        yield Warn(rule="NM-01", text=text, source=source)
        yield PreferUntil(
            rule="NM-01",
            text=_("The patient has diabetes: the morning is preferred."),
            source=source,
            until=thresholds.diabetes_fdg_until,
        )
    glucose, limit = patient.glucose_mg_dl, thresholds.glucose_limit_mg_dl
    if glucose is not None and glucose > limit:
        yield Hold(
            rule="NM-01",
            text=_(
                "Blood glucose is %(glucose)s mg/dL (more than %(limit)s).",
                glucose=f"{glucose:g}",
                limit=f"{limit:g}",
            ),
            source=source,
            found=values(glucose),
            role=Role.NUCLEAR_PHYSICIAN,
            question=_("What is the newest glucose, or does the exam go on all the same?"),
            fact="glucose",
        )


@exam_rule("NM-02", effects=(DailyWindows, Block, Warn), sources=(sources.HALF_LIVES,))
def delivery(
    _patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """A tracer is given while a dose that was delivered that day is still active enough."""
    tracer = exam.radiopharmaceutical or ""
    deliveries = thresholds.tracer_deliveries.get(tracer, ())
    if not deliveries:
        return
    windows = _merged(sorted(_windows(tracer, deliveries, exam.uptake_minutes, thresholds)))
    if not windows:
        yield Block(
            rule="NM-02",
            text=_(
                "No delivery of %(tracer)s has the activity that a patient needs.", tracer=tracer
            ),
            source=sources.HALF_LIVES,
            found=values(tracer),
        )
        return
    told = listed([f"{opens:%H:%M} to {closes:%H:%M}" for opens, closes in windows])
    yield DailyWindows(
        rule="NM-02",
        text=_(
            "%(tracer)s is active enough for exams that start from %(told)s.",
            tracer=tracer,
            told=told,
        ),
        source=sources.HALF_LIVES,
        windows=windows,
    )
    least = thresholds.tracer_least_mbq.get(tracer)
    if least is not None:
        text = _(
            "Measure the dose when the exam starts late: at least %(least)s MBq are needed.",
            least=f"{least:g}",
        )
        yield Warn(rule="NM-02", text=text, source=sources.HALF_LIVES)


def _windows(
    tracer: str, deliveries: Iterable[TracerDelivery], uptake: int, thresholds: Thresholds
) -> Iterator[tuple[time, time]]:
    """Yield from when to when an exam may start after each delivery, within the day."""
    least = thresholds.tracer_least_mbq.get(tracer)
    nuclide = nuclide_of(tracer, thresholds.half_life_minutes)
    half_life = thresholds.half_life_minutes.get(nuclide or "")
    for one in deliveries:
        arrives = one.at.hour * 60 + one.at.minute
        lasts = float(_LAST_MINUTE)
        if least is not None and half_life is not None:
            if one.activity_mbq < least:
                continue
            # A(t) = A0 · 2^(-t/T½) reaches what is needed at t = T½ · log2(A0 / needed).
            lasts = half_life * log2(one.activity_mbq / least)
        opens = arrives + uptake
        if opens <= _LAST_MINUTE:
            closes = min(int(opens + lasts), _LAST_MINUTE)
            yield _time_of_day(opens), _time_of_day(closes)


def _time_of_day(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)


def _merged(windows: Iterable[tuple[time, time]]) -> tuple[tuple[time, time], ...]:
    merged: list[tuple[time, time]] = []
    for opens, closes in windows:
        if merged and opens <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], closes))
        else:
            merged.append((opens, closes))
    return tuple(merged)


@exam_rule("NM-03", effects=(Warn,), sources=(sources.SNMMI_BONE,))
def bone_scan(
    _patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """A bone scan begins hours after its injection; the patient may leave meanwhile."""
    tracer = (exam.radiopharmaceutical or "").casefold()
    if exam.modality != "NM" or not any(name in tracer for name in _BONE_TRACERS):
        return
    least, most = thresholds.bone_scan_wait_hours
    yield Warn(
        rule="NM-03",
        text=_(
            "The scan begins %(least)s to %(most)s hours after the injection; the "
            "patient may leave meanwhile and drinks plenty.",
            least=least,
            most=most,
        ),
        source=sources.SNMMI_BONE,
    )
    if not least * 60 <= exam.uptake_minutes <= most * 60:
        yield Warn(
            rule="NM-03",
            text=_(
                "The catalogue lets it begin %(uptake_minutes)s minutes after the injection: "
                "correct the procedure's phases.",
                uptake_minutes=exam.uptake_minutes,
            ),
            source=sources.SNMMI_BONE,
        )


@exam_rule("NM-05", effects=(Warn,), sources=(sources.SNMMI_FDG,))
def after_treatment(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """FDG soon after a growth factor, chemotherapy or radiotherapy is hard to read."""
    if not _is_fdg(exam):
        return
    for treatment in patient.treatments:
        days = thresholds.pet_wait_days.get(treatment.name)
        if days is not None and now - treatment.last_at < timedelta(days=days):
            yield Warn(
                rule="NM-05",
                text=_(
                    "The patient had %(treatment)s on %(day)s: better %(days)s days between it and "
                    "the exam.",
                    treatment=_TREATMENTS.get(treatment.name, treatment.name),
                    day=day(treatment.last_at),
                    days=days,
                ),
                source=sources.SNMMI_FDG,
            )


@exam_rule("NM-06", effects=(Hold, Warn), sources=(sources.NRC_BREASTFEEDING,))
def breastfeeding(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """Breastfeeding after a tracer; a tracer that ends it needs the nuclear physician."""
    if not is_nuclear(exam) or "breastfeeding" not in patient.conditions:
        return
    name = exam.radiopharmaceutical or ""
    advice, decides = _breastfeeding_advice(name, thresholds)
    text = _(
        "Breastfeeding %(advice)s after %(tracer)s.", advice=advice, tracer=name or _("the tracer")
    )
    if decides and not is_emergency(exam):
        yield Hold(
            rule="NM-06",
            text=text,
            source=sources.NRC_BREASTFEEDING,
            found=values(name),
            role=Role.NUCLEAR_PHYSICIAN,
            question=_("Is this tracer needed now, and what is the mother told?"),
        )
    else:
        yield Warn(rule="NM-06", text=text, source=sources.NRC_BREASTFEEDING)


def _breastfeeding_advice(tracer: str, thresholds: Thresholds) -> tuple[str, bool]:
    """Return what the mother is told, and whether the nuclear physician decides first."""
    if nuclide_of(tracer, thresholds.breastfeeding_ends):
        return _("stops for good"), True
    nuclide = nuclide_of(tracer, thresholds.breastfeeding_hours)
    if nuclide is None:
        return _("stops until the nuclear physician allows it"), True
    hours = thresholds.breastfeeding_hours[nuclide]
    if hours == 0:
        return _("need not stop"), False
    if hours > 2 * 24 and hours % 24 == 0:
        return _("stops for %(days)s days", days=f"{hours / 24:g}"), False
    if hours == 1:
        return _("stops for an hour"), False
    return _("stops for %(hours)s hours", hours=f"{hours:g}"), False
