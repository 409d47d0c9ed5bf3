"""Rules for implants, devices and metal in the body of a patient who is to have MR."""

from collections.abc import Iterable
from datetime import datetime

from worklist.language.text import _
from worklist.rules import gaps, sources
from worklist.rules.common import day, is_mr, listed
from worklist.rules.facts import (
    ExamFacts,
    Implant,
    ImplantSafety,
    PastExam,
    PatientFacts,
    RoomFacts,
)
from worklist.rules.findings import (
    Block,
    Finding,
    Hold,
    RequireCapability,
    Role,
    Sequence,
    Warn,
    values,
)
from worklist.rules.rule import exam_rule, room_rule
from worklist.rules.thresholds import Thresholds

_ORBIT_PARTS = frozenset({"ORBIT", "ORBITS", "EYE"})
_ORBIT_CODE = "70030"
_DEVICE_TESLA = 1.5


def _implants(patient: PatientFacts, safety: ImplantSafety) -> list[Implant]:
    return [implant for implant in patient.implants if implant.safety == safety]


def _found(implants: Iterable[Implant]) -> tuple[str, ...]:
    """Return all that is known of each implant as values."""
    return tuple(
        one
        for implant in implants
        for one in values(
            implant.name,
            implant.safety,
            *implant.conditional_tesla,
            *implant.excluded_parts,
            implant.cardiac,
            implant.card_seen,
            *_limits(implant),
        )
    )


def _limits(implant: Implant) -> list[float]:
    limits = (
        implant.sar_w_kg,
        implant.b1_rms_ut,
        implant.slew_rate_t_m_s,
        implant.spatial_gradient_t_m,
    )
    return [one for one in limits if one is not None]


def _names(implants: list[Implant]) -> str:
    return listed([implant.name for implant in implants])


def _allowed_tesla(patient: PatientFacts) -> frozenset[float] | None:
    """Return the field strengths that every labelled implant allows, None without a label."""
    labels = [
        frozenset(implant.conditional_tesla)
        for implant in _implants(patient, ImplantSafety.CONDITIONAL)
        if implant.conditional_tesla
    ]
    return frozenset.intersection(*labels) if labels else None


@exam_rule("MR-01", effects=(Block,), sources=(sources.ASTM_F2503,))
def unsafe_implant(
    patient: PatientFacts, exam: ExamFacts, _thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """An MR unsafe implant never enters the scanner room."""
    unsafe = _implants(patient, ImplantSafety.UNSAFE)
    if is_mr(exam) and unsafe:
        yield Block(
            rule="MR-01",
            text=_(
                "The patient has an MR unsafe implant (%(names)s): no MR.", names=_names(unsafe)
            ),
            source=sources.ASTM_F2503,
            found=_found(unsafe),
        )


@exam_rule("MR-02", effects=(Block, RequireCapability, Hold), sources=(sources.ASTM_F2503,))
def conditional_implant(
    patient: PatientFacts, exam: ExamFacts, _thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """An MR conditional implant: its card is seen, its field strength and its zone are kept."""
    if not is_mr(exam):
        return
    allowed = _allowed_tesla(patient)
    conditional = _implants(patient, ImplantSafety.CONDITIONAL)
    if allowed is not None and not allowed:
        yield Block(
            rule="MR-02",
            text=_("No field strength suits all of %(names)s: no MR.", names=_names(conditional)),
            source=sources.ASTM_F2503,
            found=("field strength", *_found(conditional)),
        )
    part = exam.body_part.casefold()
    shut_out = [
        one for one in conditional if part in {name.casefold() for name in one.excluded_parts}
    ]
    if shut_out:
        yield Block(
            rule="MR-02",
            text=_(
                "The label of %(names)s allows no MR of this body part.", names=_names(shut_out)
            ),
            source=sources.ASTM_F2503,
            found=("body part", part, *_found(shut_out)),
        )
    if allowed is not None and len(allowed) == 1:
        tesla = next(iter(allowed))
        yield RequireCapability(
            rule="MR-02",
            text=_("The implant allows a field of %(tesla)s T only.", tesla=f"{tesla:g}"),
            source=sources.ASTM_F2503,
            capability=f"{tesla:g}T",
        )
    yield from _cards_to_see(conditional)


def _cards_to_see(conditional: Iterable[Implant]) -> Iterable[Finding]:
    for one in conditional:
        if one.card_seen and one.conditional_tesla:
            continue
        yield Hold(
            rule="MR-02",
            text=_("MR conditional implant (%(names)s): its card has to be seen.", names=one.name),
            source=sources.ASTM_F2503,
            found=_found([one]),
            role=Role.MR_SAFETY_OFFICER,
            question=_(
                "What does the card of %(name)s allow: field strengths, body parts, SAR, B1+rms, "
                "gradients?",
                name=one.name,
            ),
            fact="implant",
            subject=one.name,
        )


@room_rule("MR-02", effects=(Block,), sources=(sources.ASTM_F2503,))
def field_strength(
    patient: PatientFacts, exam: ExamFacts, room: RoomFacts, _thresholds: Thresholds
) -> Iterable[Finding]:
    """No room with a field strength that the implant does not allow, or that is unknown."""
    allowed = _allowed_tesla(patient)
    if not is_mr(exam) or allowed is None or room.field_strength_tesla in allowed:
        return
    field = room.field_strength_tesla
    has = _("a field that is not known") if field is None else f"{field:g} T"
    may = listed([f"{tesla:g} T" for tesla in sorted(allowed)]) if allowed else _("no field")
    yield Block(
        rule="MR-02",
        text=_(
            "%(code)s has %(has)s; the implant allows %(may)s.", code=room.code, has=has, may=may
        ),
        source=sources.ASTM_F2503,
        found=values(room.code, field, *sorted(allowed)),
    )


@exam_rule("MR-03", effects=(Hold, Sequence, Warn), sources=(sources.ACR_MR_SAFETY,))
def unknown_safety(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """Implant of unknown safety, metal in the eye, or no screening form: MR safety is asked.

    While the form is missing the exam is booked all the same, unless the department wants the form
    first. An eye injured by metal is X-rayed before the MR.
    """
    if not is_mr(exam):
        return
    yield from map(_is_it_safe, _implants(patient, ImplantSafety.UNKNOWN))
    if patient.metal_eye_injury:
        yield from _orbits_first(patient, exam, now)
        yield Hold(
            rule="MR-03",
            text=_("An eye was injured by metal."),
            source=sources.ACR_MR_SAFETY,
            found=("eye",),
            role=Role.MR_SAFETY_OFFICER,
            question=_eye_question(patient, now),
            fact="metal_eye_injury",
        )
    if patient.mr_screened_at is None:
        yield Hold(
            rule="MR-03",
            text=_("The MR screening form is still to be filled."),
            source=sources.ACR_MR_SAFETY,
            role=Role.MR_SAFETY_OFFICER,
            question=_("What does the patient answer on the MR screening form?"),
            fact="mr_screening",
            before_booking=thresholds.mr_form_before_booking,
        )


def _is_it_safe(implant: Implant) -> Hold:
    return Hold(
        rule="MR-03",
        text=_("Implant of unknown MR safety: %(names)s.", names=implant.name),
        source=sources.ACR_MR_SAFETY,
        found=_found([implant]),
        role=Role.MR_SAFETY_OFFICER,
        question=_("Is %(name)s safe in the scanner, by its card or its maker?", name=implant.name),
        fact="implant",
        subject=implant.name,
    )


def _orbit_films(patient: PatientFacts) -> list[PastExam]:
    return [
        past
        for past in patient.exams
        if past.procedure_code == _ORBIT_CODE or past.body_part.upper() in _ORBIT_PARTS
    ]


def _eye_question(patient: PatientFacts, now: datetime) -> str:
    films = [gaps.local(film, now) for film in _orbit_films(patient)]
    if not films:
        return _("Is an X-ray of the orbits booked before the MR?")
    shown = max((film for film in films if film <= now), default=None)
    if shown is None:
        return _("Does the X-ray of the orbits on %(day)s come before the MR?", day=day(min(films)))
    return _("Do the orbits show metal in the images of %(day)s?", day=day(shown))


def _orbits_first(patient: PatientFacts, exam: ExamFacts, now: datetime) -> Iterable[Finding]:
    order = gaps.Order("MR-03", _("metal in the eye is looked for first"), sources.ACR_MR_SAFETY)
    for film in _orbit_films(patient):
        yield from gaps.comes_after(order, exam, film, since=now, now=now)


@exam_rule("MR-04", effects=(Hold, RequireCapability), sources=(sources.HRS,))
def cardiac_device(
    patient: PatientFacts, exam: ExamFacts, _thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """A cardiac device: MR safety and cardiology, monitoring, and 1.5 T.

    A label that allows other field strengths only goes before the 1.5 T.
    """
    devices = [
        one
        for one in patient.implants
        if one.cardiac and one.safety in {ImplantSafety.CONDITIONAL, ImplantSafety.UNKNOWN}
    ]
    if not is_mr(exam) or not devices:
        return
    text = _("The patient has a cardiac device (%(names)s)", names=_names(devices))
    yield Hold(
        rule="MR-04",
        text=_("%(text)s: MR safety and cardiology decide.", text=text),
        source=sources.HRS,
        found=_found(devices),
        role=Role.MR_SAFETY_OFFICER,
        question=_("Has cardiology agreed, and who programmes the device before and after?"),
    )
    yield RequireCapability(
        rule="MR-04",
        text=_("%(text)s: the room needs patient monitoring.", text=text),
        source=sources.HRS,
        capability="monitoring",
    )
    allowed = _allowed_tesla(patient)
    if allowed is None or _DEVICE_TESLA in allowed:
        yield RequireCapability(
            rule="MR-04",
            text=_(
                "%(text)s: a field of %(device_tesla)s T.",
                text=text,
                device_tesla=f"{_DEVICE_TESLA:g}",
            ),
            source=sources.HRS,
            capability=f"{_DEVICE_TESLA:g}T",
        )
