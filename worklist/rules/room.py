"""Rules for rooms: table limits, isolation, transport and help."""

from collections.abc import Iterable
from datetime import datetime, time

from worklist.language.text import _
from worklist.rules import sources, table
from worklist.rules.common import is_emergency, is_mr, is_younger, listed
from worklist.rules.facts import ExamFacts, PatientFacts, RoomFacts
from worklist.rules.findings import (
    Block,
    DailyWindows,
    Extend,
    ExtendedPart,
    Finding,
    Prefer,
    RequireCapability,
    Warn,
)
from worklist.rules.rule import exam_rule, room_rule
from worklist.rules.thresholds import Thresholds

_PORTABLE = frozenset({"DX", "CR", "US"})


@room_rule("RM-01", effects=(Block,), sources=(sources.VENDOR,))
def table_limit(
    patient: PatientFacts, exam: ExamFacts, room: RoomFacts, _thresholds: Thresholds
) -> Iterable[Finding]:
    """No room whose table does not bear the patient; no weight known blocks none.

    MR has its own rule, MR-05.
    """
    if not is_mr(exam):
        yield from table.too_weak("RM-01", patient, room)


@exam_rule(
    "RM-02",
    effects=(RequireCapability, Prefer, DailyWindows, Extend, Warn),
    sources=(sources.CDC_ISOLATION,),
)
def isolation(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """Isolation: the right air, and time to clean the room afterwards.

    Where no room for the exam has negative pressure, it is one of the day's last. An emergency
    takes any room, with a mask on the patient.
    """
    kind = (patient.isolation or "").casefold()
    if "airborne" in kind:
        yield from _airborne(exam, thresholds)
    elif "contact" in kind:
        yield from _cleaning(_("Contact isolation"), thresholds.contact_cleaning_minutes)
    elif "droplet" in kind:
        text = _("Droplet isolation: the patient wears a mask.")
        yield Warn(rule="RM-02", text=text, source=sources.CDC_ISOLATION)


def _airborne(exam: ExamFacts, thresholds: Thresholds) -> Iterable[Finding]:
    if exam.negative_pressure or is_emergency(exam):
        effect = Prefer if is_emergency(exam) else RequireCapability
        yield effect(
            rule="RM-02",
            text=_("Airborne isolation: a room with negative pressure."),
            source=sources.CDC_ISOLATION,
            capability="negative_pressure",
        )
    else:
        yield _late_in_the_day(thresholds.airborne_from)
    yield Warn(
        rule="RM-02",
        text=_("Airborne isolation: the patient wears a mask; best the last exam of the day."),
        source=sources.CDC_ISOLATION,
    )
    yield from _cleaning(_("Airborne isolation"), thresholds.airborne_cleaning_minutes)


def _late_in_the_day(since: time) -> Finding:
    return DailyWindows(
        rule="RM-02",
        text=_(
            "Airborne isolation, and no room for this exam has negative pressure: it starts at "
            "%(since)s or later, when few patients follow.",
            since=f"{since:%H:%M}",
        ),
        source=sources.CDC_ISOLATION,
        windows=((since, time(23, 59)),),
    )


def _cleaning(reason: str, minutes: int) -> Iterable[Finding]:
    if minutes:
        yield Extend(
            rule="RM-02",
            text=_(
                "%(reason)s: the room is cleaned for %(minutes)s minutes.",
                reason=reason,
                minutes=minutes,
            ),
            source=sources.CDC_ISOLATION,
            part=ExtendedPart.ROOM,
            minutes=minutes,
        )


@exam_rule("RM-03", effects=(Extend, Warn), sources=(sources.PRACTICE_HELP,))
def bed(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """A patient in bed takes longer; X-ray and ultrasound can come to the bedside."""
    if "bed" not in patient.needs:
        return
    minutes = thresholds.bed_transport_minutes
    if minutes:
        yield Extend(
            rule="RM-03",
            text=_("The patient comes in bed: %(minutes)s more minutes.", minutes=minutes),
            source=sources.PRACTICE_HELP,
            part=ExtendedPart.ROOM,
            minutes=minutes,
        )
    if exam.modality in _PORTABLE:
        text = _("The patient is in bed: the exam could be done at the bedside.")
        yield Warn(rule="RM-03", text=text, source=sources.PRACTICE_HELP)


@exam_rule("RM-04", effects=(Extend,), sources=(sources.PRACTICE_HELP,))
def help_needed(
    patient: PatientFacts, _exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """More time for an interpreter, a wheelchair or a small child."""
    reasons = [
        words
        for need, words in (("interpreter", _("an interpreter")), ("wheelchair", _("a wheelchair")))
        if need in patient.needs
    ]
    if is_younger(patient, thresholds.help_age, now):
        reasons.append(_("a small child"))
    several = len(reasons) > 1
    minutes = thresholds.help_minutes_several if several else thresholds.help_minutes
    if reasons and minutes:
        yield Extend(
            rule="RM-04",
            text=_(
                "%(minutes)s more minutes for %(listed)s.", minutes=minutes, listed=listed(reasons)
            ),
            source=sources.PRACTICE_HELP,
            part=ExtendedPart.ROOM,
            minutes=minutes,
        )


@exam_rule("AD-01", effects=(Warn,), sources=(sources.PRACTICE_NO_SHOW,))
def missed_exams(
    patient: PatientFacts, _exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """A patient who has missed exams before is reminded."""
    if patient.no_shows >= thresholds.no_shows_warned:
        yield Warn(
            rule="AD-01",
            text=_(
                "The patient has missed %(no_shows)s exams: call to remind.",
                no_shows=patient.no_shows,
            ),
            source=sources.PRACTICE_NO_SHOW,
        )
