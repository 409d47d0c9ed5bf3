"""Rules for the patient in the bore: size, fear and pregnancy."""

from collections.abc import Iterable
from datetime import datetime
from math import pi

from worklist.rules import pregnancy, sources
from worklist.rules.common import is_mr
from worklist.rules.facts import ExamFacts, PatientFacts, RoomFacts
from worklist.rules.findings import Block, Extend, ExtendedPart, Finding, Hold, Prefer, Role, Warn
from worklist.rules.rule import exam_rule, room_rule
from worklist.rules.sedation import is_sedated
from worklist.rules.thresholds import Thresholds


@exam_rule("MR-05", effects=(Prefer,), sources=(sources.VENDOR,))
def large_patient(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """A heavy patient lies better in a wide bore."""
    limit = thresholds.mr_wide_bore_kg
    if is_mr(exam) and patient.weight_kg is not None and patient.weight_kg > limit:
        yield Prefer(
            rule="MR-05",
            text=f"The patient weighs {patient.weight_kg:g} kg (more than {limit:g}): wide bore.",
            source=sources.VENDOR,
            capability="wide_bore",
        )


@room_rule("MR-05", effects=(Block,), sources=(sources.VENDOR,))
def table_and_bore(
    patient: PatientFacts, exam: ExamFacts, room: RoomFacts, thresholds: Thresholds
) -> Iterable[Finding]:
    """No MR room whose table does not bear the patient or whose bore is too narrow."""
    if not is_mr(exam):
        return
    weight, limit = patient.weight_kg, room.table_limit_kg
    if weight is not None and limit is not None and weight > limit:
        yield Block(
            rule="MR-05",
            text=f"The table of {room.code} bears {limit:g} kg; the patient weighs {weight:g} kg.",
            source=sources.VENDOR,
        )
    if patient.girth_cm is None or room.bore_cm is None:
        return
    widest = pi * room.bore_cm - thresholds.bore_margin_cm
    if patient.girth_cm > widest:
        yield Block(
            rule="MR-05",
            text=f"The bore of {room.code} ({room.bore_cm} cm) takes a girth up to {widest:.0f} cm;"
            f" the patient's is {patient.girth_cm:g} cm.",
            source=sources.VENDOR,
        )


@exam_rule("MR-06", effects=(Prefer, Extend, Warn), sources=(sources.PRACTICE_ANXIETY,))
def claustrophobia(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """Claustrophobia: a wide bore, more time, and sedation as a choice."""
    if not is_mr(exam) or "claustrophobia" not in patient.conditions:
        return
    source = sources.PRACTICE_ANXIETY
    yield Prefer(
        rule="MR-06",
        text="The patient fears narrow spaces: a wide bore is preferred.",
        source=source,
        capability="wide_bore",
    )
    if thresholds.claustrophobia_minutes:
        yield Extend(
            rule="MR-06",
            text=f"{thresholds.claustrophobia_minutes} more minutes for a patient who fears the "
            "bore.",
            source=source,
            part=ExtendedPart.ROOM,
            minutes=thresholds.claustrophobia_minutes,
        )
    if not is_sedated(patient, exam):
        text = "The patient fears narrow spaces: offer sedation."
        yield Warn(rule="MR-06", text=text, source=source)


@exam_rule("MR-07", effects=(Hold, Warn), sources=(sources.ACR_MR_PREGNANCY,))
def pregnant(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """MR in the first trimester is the radiologist's decision; later it is a warning."""
    if not is_mr(exam) or not pregnancy.is_pregnant(patient, thresholds, now):
        return
    weeks = pregnancy.weeks_now(patient, now)
    if weeks is not None and weeks > thresholds.first_trimester_weeks:
        yield Warn(
            rule="MR-07",
            text=f"The patient is pregnant (week {weeks}).",
            source=sources.ACR_MR_PREGNANCY,
        )
        return
    since = "week not known" if weeks is None else f"week {weeks}"
    yield Hold(
        rule="MR-07",
        text=f"The patient is pregnant ({since}): the first trimester needs a decision.",
        source=sources.ACR_MR_PREGNANCY,
        role=Role.RADIOLOGIST,
        question="Is MR needed now, and will ultrasound not do?",
    )
