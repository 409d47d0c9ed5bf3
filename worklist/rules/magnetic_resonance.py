"""Rules for the patient in the bore: size, fear and pregnancy."""

from collections.abc import Iterable
from datetime import datetime
from math import pi

from worklist.language.text import _
from worklist.rules import pregnancy, sources, table
from worklist.rules.common import is_mr
from worklist.rules.facts import ExamFacts, PatientFacts, RoomFacts
from worklist.rules.findings import (
    Block,
    Extend,
    ExtendedPart,
    Finding,
    Hold,
    Prefer,
    Role,
    Warn,
    values,
)
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
            text=_(
                "The patient weighs %(weight_kg)s kg (more than %(limit)s): wide bore.",
                weight_kg=f"{patient.weight_kg:g}",
                limit=f"{limit:g}",
            ),
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
    yield from table.too_weak("MR-05", patient, room)
    if patient.girth_cm is None or room.bore_cm is None:
        return
    widest = pi * room.bore_cm - thresholds.bore_margin_cm
    if patient.girth_cm > widest:
        yield Block(
            rule="MR-05",
            text=_(
                "The bore of %(code)s (%(bore_cm)s cm) takes a girth up to %(widest)s cm; "
                "the patient's is %(girth_cm)s cm.",
                code=room.code,
                bore_cm=room.bore_cm,
                widest=f"{widest:.0f}",
                girth_cm=f"{patient.girth_cm:g}",
            ),
            source=sources.VENDOR,
            found=values(room.code, "girth", patient.girth_cm),
        )


@exam_rule("MR-06", effects=(Prefer, Extend, Warn), sources=(sources.ACR_MR_ANXIETY,))
def claustrophobia(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """Claustrophobia: a wide bore, more time, and sedation as a choice."""
    if not is_mr(exam) or "claustrophobia" not in patient.conditions:
        return
    source = sources.ACR_MR_ANXIETY
    yield Prefer(
        rule="MR-06",
        text=_("The patient fears narrow spaces: a wide bore is preferred."),
        source=source,
        capability="wide_bore",
    )
    if thresholds.claustrophobia_minutes:
        yield Extend(
            rule="MR-06",
            text=_(
                "%(claustrophobia_minutes)s more minutes for a patient who fears the bore.",
                claustrophobia_minutes=thresholds.claustrophobia_minutes,
            ),
            source=source,
            part=ExtendedPart.ROOM,
            minutes=thresholds.claustrophobia_minutes,
        )
    if not is_sedated(patient, exam):
        text = _("The patient fears narrow spaces: offer sedation.")
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
            text=_("The patient is pregnant (week %(weeks)s).", weeks=weeks),
            source=sources.ACR_MR_PREGNANCY,
        )
        return
    text = (
        _(
            "The patient is pregnant: in the first trimester, or where the week is not known, MR "
            "needs a decision."
        )
        if weeks is None
        else _(
            "The patient is pregnant (week %(weeks)s): the first trimester needs a decision.",
            weeks=weeks,
        )
    )
    yield Hold(
        rule="MR-07",
        text=text,
        source=sources.ACR_MR_PREGNANCY,
        found=pregnancy.found(patient),
        role=Role.RADIOLOGIST,
        question=_("Is MR needed now, and will ultrasound not do?"),
    )
