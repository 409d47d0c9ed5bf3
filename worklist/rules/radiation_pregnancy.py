"""Rules for ionising radiation and an unborn child."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from worklist.language.text import _, joined
from worklist.rules import pregnancy, sources
from worklist.rules.common import day, irradiates_fetus, is_emergency
from worklist.rules.facts import ExamFacts, PatientFacts
from worklist.rules.findings import Avoid, Finding, Hold, Role, Warn
from worklist.rules.pregnancy import PregnancyState
from worklist.rules.rule import exam_rule
from worklist.rules.thresholds import Thresholds

_ASKED = f"{sources.ACR_PREGNANCY}; {sources.ICRP_84}"


@exam_rule("RA-01", effects=(Hold, Avoid), sources=(_ASKED,))
def pregnancy_known(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """Whoever may be pregnant is asked before the beam or a tracer reaches the pelvis.

    A last period that is known takes the place of the answer: ten days of a high dose, else the
    cycle. An emergency is booked at once and asked at the scanner, before it begins.
    """
    unknown = pregnancy.state(patient, thresholds, now) is PregnancyState.UNKNOWN
    if not irradiates_fetus(exam) or not unknown:
        return
    last_day = _last_day(patient, exam, thresholds)
    if patient.last_period_at is not None and last_day is not None and last_day > now:
        yield Avoid(
            rule="RA-01",
            text=_(
                "The last period began on %(day)s: the exam is done by %(day2)s, or the "
                "question is asked anew.",
                day=day(patient.last_period_at),
                day2=day(last_day),
            ),
            source=_ASKED,
            after=last_day,
            before=last_day + timedelta(weeks=thresholds.pregnancy_weeks_longest),
        )
        return
    yield Hold(
        rule="RA-01",
        text=_what_is_known(patient, thresholds),
        source=_ASKED,
        found=pregnancy.found(patient),
        role=Role.TECHNOLOGIST if is_emergency(exam) else Role.FRONT_DESK,
        question=_question(exam, thresholds),
        fact="pregnancy",
        instead="last_period",
        before_booking=not is_emergency(exam),
    )


def _is_high_dose(exam: ExamFacts, thresholds: Thresholds) -> bool:
    return exam.dose_msv >= thresholds.pregnancy_high_dose_msv


def _last_day(patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds) -> datetime | None:
    """Return until when the last period rules a pregnancy out."""
    if patient.last_period_at is None:
        return None
    high = _is_high_dose(exam, thresholds)
    days = thresholds.high_dose_cycle_days if high else thresholds.cycle_days
    return patient.last_period_at + timedelta(days=days)


def _what_is_known(patient: PatientFacts, thresholds: Thresholds) -> str:
    answer = patient.pregnancy
    if answer is None:
        return _("It is not known whether the patient is pregnant.")
    return _(
        "The answer about pregnancy is of %(day)s: too old "
        "(%(pregnancy_answer_valid_days)s days allowed), so ask again.",
        day=day(answer.observed_at),
        pregnancy_answer_valid_days=thresholds.pregnancy_answer_valid_days,
    )


def _question(exam: ExamFacts, thresholds: Thresholds) -> str:
    question: str = _("Is the patient pregnant, or could she be?")
    if _is_high_dose(exam, thresholds):
        question = f"{question} " + _(
            "When did the last period begin (book within %(high_dose_cycle_days)s days "
            "of it, the dose is %(dose_msv)s mSv)?",
            high_dose_cycle_days=thresholds.high_dose_cycle_days,
            dose_msv=f"{exam.dose_msv:g}",
        )
    return question


@exam_rule("RA-02", effects=(Hold, Warn), sources=(sources.ACR_PREGNANCY, sources.ICRP_84))
def pregnant(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """A pregnant patient: the radiologist decides if the child would be in the beam."""
    if not exam.ionising or not pregnancy.is_pregnant(patient, thresholds, now):
        return
    weeks = pregnancy.weeks_now(patient, now)
    said = (
        _("The patient is pregnant.")
        if weeks is None
        else _("The patient is pregnant (week %(weeks)s).", weeks=weeks)
    )
    if not irradiates_fetus(exam):
        yield Warn(
            rule="RA-02",
            text=joined([said, _("The beam does not meet the child.")], " "),
            source=sources.ACR_PREGNANCY,
        )
        return
    yield Hold(
        rule="RA-02",
        text=joined([said, _dose_to_child(exam, thresholds)], " "),
        source=sources.ICRP_84,
        found=pregnancy.found(patient),
        role=Role.RADIOLOGIST,
        question=_("Is the exam needed in this pregnancy, or will ultrasound or MR do instead?"),
    )


def _dose_to_child(exam: ExamFacts, thresholds: Thresholds) -> str:
    typical = thresholds.fetal_dose_mgy.get(f"{exam.modality} {exam.body_part.upper()}")
    if typical is None:
        return _(
            "The exam gives about %(dose_msv)s mSv; the physicist estimates the child's dose.",
            dose_msv=f"{exam.dose_msv:g}",
        )
    return _("An exam of this kind gives the child about %(typical)s mGy.", typical=f"{typical:g}")
