"""Rules for the limits on an implant's label: radio waves and gradients of the scanner."""

from collections.abc import Iterable
from datetime import datetime

from worklist.language.text import Text, _
from worklist.rules import sources
from worklist.rules.common import is_mr, listed
from worklist.rules.facts import ExamFacts, Implant, ImplantSafety, PatientFacts, RoomFacts
from worklist.rules.findings import (
    Block,
    Extend,
    ExtendedPart,
    Finding,
    Hold,
    RequireCapability,
    Role,
    Warn,
    values,
)
from worklist.rules.rule import exam_rule, room_rule
from worklist.rules.thresholds import Thresholds
from worklist.vocabulary import OperatingMode


@exam_rule(
    "MR-02",
    effects=(RequireCapability, Hold, Warn, Extend),
    sources=(sources.IEC_MR, sources.PRACTICE_IMPLANT_LIMITS),
)
def radio_waves(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """A label that limits SAR or B1+rms: the planned operating mode, or a scanner with a limit.

    The operating mode in which the exam is planned keeps its own limit of the whole-body SAR.
    Below that of the normal mode, and for any of B1+rms, the scanner has to be one on which a
    limit can be set.
    """
    if not is_mr(exam):
        return
    sar = _least(one.sar_w_kg for one in _conditional(patient))
    b1_rms = _least(one.b1_rms_ut for one in _conditional(patient))
    limits = [
        *([_("a SAR of %(sar)s W/kg", sar=f"{sar:g}")] if _is_less(sar, thresholds) else []),
        *([_("a B1+rms of %(b1_rms)s µT", b1_rms=f"{b1_rms:g}")] if b1_rms is not None else []),
    ]
    if limits:
        yield RequireCapability(
            rule="MR-02",
            text=_(
                "The implant allows at most %(limits)s: the scanner needs that limit set.",
                limits=listed(limits),
            ),
            source=sources.IEC_MR,
            found=values("radio waves", sar, b1_rms),
            capability="rf_limits",
        )
    if sar is not None:
        yield from _mode(exam, sar, thresholds)
    minutes = thresholds.mr_limited_minutes
    if minutes and (limits or (sar is not None and sar < _reached(exam, thresholds))):
        yield Extend(
            rule="MR-02",
            text=_("%(minutes)s more minutes to keep to the implant's limits.", minutes=minutes),
            source=sources.PRACTICE_IMPLANT_LIMITS,
            part=ExtendedPart.ROOM,
            minutes=minutes,
        )


def _mode(exam: ExamFacts, sar: float, thresholds: Thresholds) -> Iterable[Finding]:
    """Judge the operating mode by the whole-body SAR that a label allows."""
    if sar >= thresholds.mr_first_level_sar_w_kg:
        return
    allowed = f"{sar:g}"
    if exam.operating_mode is OperatingMode.FIRST_LEVEL_CONTROLLED:
        yield Hold(
            rule="MR-02",
            text=_(
                "The exam is planned in the first level controlled operating mode; the implant "
                "allows at most a SAR of %(sar)s W/kg.",
                sar=allowed,
            ),
            source=sources.IEC_MR,
            found=values("operating mode", sar),
            role=Role.MR_SAFETY_OFFICER,
            question=_(
                "Can the exam be done with the SAR limited to %(sar)s W/kg?",
                sar=allowed,
            )
            if _is_less(sar, thresholds)
            else _("Can the exam be done in the normal operating mode?"),
        )
    elif exam.operating_mode is None:
        yield Warn(
            rule="MR-02",
            text=_(
                "The implant allows at most a SAR of %(sar)s W/kg: not the first level controlled "
                "operating mode.",
                sar=allowed,
            ),
            source=sources.IEC_MR,
        )
    elif not _is_less(sar, thresholds):
        yield Warn(
            rule="MR-02",
            text=_(
                "The implant allows at most a SAR of %(sar)s W/kg: the normal operating mode, as "
                "the exam is planned.",
                sar=allowed,
            ),
            source=sources.IEC_MR,
        )


def _reached(exam: ExamFacts, thresholds: Thresholds) -> float:
    """Return the whole-body SAR that the exam may reach as it is planned."""
    if exam.operating_mode is OperatingMode.NORMAL:
        return thresholds.mr_normal_mode_sar_w_kg
    return thresholds.mr_first_level_sar_w_kg


@room_rule("MR-02", effects=(Block,), sources=(sources.ASTM_F2503,))
def gradients(
    patient: PatientFacts, exam: ExamFacts, room: RoomFacts, _thresholds: Thresholds
) -> Iterable[Finding]:
    """No room whose gradients are steeper than the implant allows, or not known."""
    if not is_mr(exam):
        return
    implants = _conditional(patient)
    yield from _too_steep(
        room,
        "slew rate",
        _("slew rate"),
        "T/m/s",
        most=_least(one.slew_rate_t_m_s for one in implants),
        reached=room.slew_rate_t_m_s,
    )
    yield from _too_steep(
        room,
        "spatial gradient",
        _("spatial gradient"),
        "T/m",
        most=_least(one.spatial_gradient_t_m for one in implants),
        reached=room.spatial_gradient_t_m,
    )


def _too_steep(
    room: RoomFacts, name: str, words: Text, unit: str, *, most: float | None, reached: float | None
) -> Iterable[Finding]:
    if most is None or (reached is not None and reached <= most):
        return
    allowed = f"{most:g} {unit}"
    text = (
        _(
            "The %(words)s of %(code)s is not known; the implant allows %(allowed)s.",
            words=words,
            code=room.code,
            allowed=allowed,
        )
        if reached is None
        else _(
            "The %(words)s of %(code)s is %(reached)s; the implant allows %(allowed)s.",
            words=words,
            code=room.code,
            reached=f"{reached:g} {unit}",
            allowed=allowed,
        )
    )
    yield Block(
        rule="MR-02",
        text=text,
        source=sources.ASTM_F2503,
        found=values(room.code, name, reached, most),
    )


def _conditional(patient: PatientFacts) -> list[Implant]:
    return [one for one in patient.implants if one.safety == ImplantSafety.CONDITIONAL]


def _least(limits: Iterable[float | None]) -> float | None:
    return min((one for one in limits if one is not None), default=None)


def _is_less(sar: float | None, thresholds: Thresholds) -> bool:
    """Return whether the label allows less than the normal operating mode keeps by itself."""
    return sar is not None and sar < thresholds.mr_normal_mode_sar_w_kg
