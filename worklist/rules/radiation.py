"""Rules for ionising radiation: repeats, cumulative dose, children and shielding."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from worklist.language.text import _
from worklist.rules import sources
from worklist.rules.common import (
    age_in_years,
    day,
    is_emergency,
    is_same_exam,
    is_same_place,
    is_younger,
)
from worklist.rules.facts import ExamFacts, PastExam, PatientFacts, RoomFacts
from worklist.rules.findings import (
    Block,
    Finding,
    Hold,
    Prefer,
    RequireCapability,
    Role,
    Warn,
    values,
)
from worklist.rules.rule import exam_rule, room_rule
from worklist.rules.thresholds import Thresholds

_RADIOGRAPHY = frozenset({"DX", "CR"})
_DAYS_A_YEAR = 365.25


@exam_rule("RA-03", effects=(Warn,), sources=(sources.IAEA,))
def cumulative_dose(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """Much effective dose in the last years, with this exam: the radiologist is told."""
    if not exam.ionising:
        return
    years = thresholds.cumulative_dose_years
    since = now - timedelta(days=years * _DAYS_A_YEAR)
    before = sum(past.dose_msv for past in patient.exams if since <= past.starts_at <= now)
    total = before + exam.dose_msv
    if total > thresholds.cumulative_dose_msv:
        yield Warn(
            rule="RA-03",
            text=_(
                "With this exam the dose of %(years)s years is %(total)s mSv (more than "
                "%(cumulative_dose_msv)s): the radiologist should know.",
                years=years,
                total=f"{total:.1f}",
                cumulative_dose_msv=f"{thresholds.cumulative_dose_msv:g}",
            ),
            source=sources.IAEA,
        )


@exam_rule("RA-04", effects=(Hold, Warn), sources=(sources.PRACTICE_REPEATS,))
def repeat(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """The same procedure, or the same part by the same modality, near this one is asked about.

    Emergencies, and radiographs of patients in hospital, are repeated on purpose: a warning only.
    Screening has its own interval (RA-07).
    """
    days = thresholds.repeat_days.get(exam.modality)
    if days is None or exam.modality == "MG":
        return
    twin = _nearest(patient, exam, timedelta(days=days), now)
    if twin is None:
        return
    text = (
        _(
            "The patient has the same exam on %(day)s, within a day: is this one a duplicate?",
            day=day(twin.starts_at),
        )
        if days == 1
        else _(
            "The patient has the same exam on %(day)s, within %(days)s days: is this one a "
            "duplicate?",
            day=day(twin.starts_at),
            days=days,
        )
    )
    in_hospital_film = exam.modality in _RADIOGRAPHY and exam.patient_class == "I"
    if is_emergency(exam) or in_hospital_film:
        yield Warn(rule="RA-04", text=text, source=sources.PRACTICE_REPEATS)
        return
    yield Hold(
        rule="RA-04",
        text=text,
        source=sources.PRACTICE_REPEATS,
        found=values(twin.procedure_code, twin.starts_at.date()),
        role=Role.FRONT_DESK,
        question=_("Is this exam wanted beside the other one?"),
    )


def _nearest(
    patient: PatientFacts, exam: ExamFacts, within: timedelta, now: datetime
) -> PastExam | None:
    twins = [
        past
        for past in patient.exams
        if past.modality == exam.modality
        and (is_same_exam(exam, past) or is_same_place(exam, past))
        and abs(past.starts_at - now) < within
    ]
    return min(twins, key=lambda past: abs(past.starts_at - now), default=None)


@exam_rule("RA-05", effects=(RequireCapability, Prefer), sources=(sources.IMAGE_GENTLY,))
def child(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """Children have their own protocols, and the room with the lowest dose."""
    if not exam.ionising or not is_younger(patient, thresholds.paediatric_age, now):
        return
    text = _(
        "The patient is younger than %(paediatric_age)s: children's protocols",
        paediatric_age=thresholds.paediatric_age,
    )
    source = sources.IMAGE_GENTLY
    if is_emergency(exam):
        yield Prefer(
            rule="RA-05",
            text=_("%(text)s are preferred.", text=text),
            source=source,
            capability="paediatric",
        )
    else:
        yield RequireCapability(
            rule="RA-05",
            text=_("%(text)s are needed.", text=text),
            source=source,
            capability="paediatric",
        )
    yield Prefer(
        rule="RA-05",
        text=_("A child is best examined in the room with the lowest dose."),
        source=source,
        capability="low_dose",
    )


@room_rule("RA-06", effects=(Block,), sources=(sources.NCRP_147,))
def shielding(
    _patient: PatientFacts, exam: ExamFacts, room: RoomFacts, _thresholds: Thresholds
) -> Iterable[Finding]:
    """A beam needs a shielded room, a tracer a room licensed for isotopes."""
    if exam.radiopharmaceutical is not None or exam.modality in {"NM", "PT"}:
        if "isotope_licence" not in room.capabilities:
            yield Block(
                rule="RA-06",
                text=_("%(code)s has no licence for radioactive tracers.", code=room.code),
                source=sources.NCRP_147,
                found=values(room.code, "isotope_licence"),
            )
    elif exam.ionising and "shielded" not in room.capabilities:
        yield Block(
            rule="RA-06",
            text=_("%(code)s is not shielded against ionising radiation.", code=room.code),
            source=sources.NCRP_147,
            found=values(room.code, "shielded"),
        )


@exam_rule("RA-07", effects=(Hold,), sources=(sources.USPSTF,))
def screening_mammography(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """Screening mammography outside the programme's ages or too soon after the last."""
    if exam.modality != "MG" or not exam.screening:
        return
    near = _too_near(patient, exam, thresholds, now)
    outside = list(_age_outside(patient, thresholds, now))
    texts = [*outside, *_too_soon(near, thresholds)]
    if texts:
        yield Hold(
            rule="RA-07",
            text=" ".join(texts),
            source=sources.USPSTF,
            found=values(*(["age"] if outside else []), *(one.date() for one in near)),
            role=Role.FRONT_DESK,
            question=_("Is screening wanted now all the same?"),
        )


def _age_outside(patient: PatientFacts, thresholds: Thresholds, now: datetime) -> Iterable[str]:
    age = age_in_years(patient, now)
    first, last = thresholds.mammography_age_from, thresholds.mammography_age_to
    if age is not None and not first <= age <= last:
        yield _(
            "The patient is %(age)s; screening is for %(first)s to %(last)s.",
            age=age,
            first=first,
            last=last,
        )


def _too_near(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> list[datetime]:
    """Return when other screenings are that lie too near."""
    apart = timedelta(days=thresholds.repeat_days.get("MG", 0))
    dates = [past.starts_at for past in patient.exams if past.procedure_code == exam.procedure_code]
    return sorted(date for date in dates if abs(now - date) < apart)


def _too_soon(near: Sequence[datetime], thresholds: Thresholds) -> Iterable[str]:
    if near:
        yield _(
            "Another screening is of %(day)s; %(days)s days should lie between them.",
            day=day(max(near)),
            days=thresholds.repeat_days.get("MG", 0),
        )
