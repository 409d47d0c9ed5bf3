"""Rules for MR safety, and for sedation in any room."""

from collections.abc import Iterable
from datetime import datetime

from worklist.rules import pregnancy, sources
from worklist.rules.common import day, listed
from worklist.rules.facts import (
    ExamFacts,
    Implant,
    ImplantSafety,
    PatientFacts,
    RoomFacts,
    Thresholds,
)
from worklist.rules.findings import (
    Block,
    Extend,
    ExtendedPart,
    Finding,
    Hold,
    Prefer,
    RequireCapability,
    RequireResource,
    Role,
    Warn,
)

_ORBIT_PARTS = frozenset({"ORBIT", "ORBITS", "EYE"})
_ORBIT_CODE = "70030"


def _is_mr(exam: ExamFacts) -> bool:
    return exam.modality == "MR"


def _implants(patient: PatientFacts, safety: ImplantSafety) -> list[Implant]:
    return [implant for implant in patient.implants if implant.safety == safety]


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


def unsafe_implant(
    patient: PatientFacts, exam: ExamFacts, _thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """MR-01: an MR unsafe implant never enters the scanner room."""
    unsafe = _implants(patient, ImplantSafety.UNSAFE)
    if _is_mr(exam) and unsafe:
        yield Block(
            rule="MR-01",
            text=f"The patient has an MR unsafe implant ({_names(unsafe)}): no MR.",
            source=sources.ASTM_F2503,
        )


def conditional_implant(
    patient: PatientFacts, exam: ExamFacts, _thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """MR-02: an MR conditional implant: its card is seen and its field strength kept."""
    if not _is_mr(exam):
        return
    allowed = _allowed_tesla(patient)
    conditional = _implants(patient, ImplantSafety.CONDITIONAL)
    if allowed is not None and not allowed:
        yield Block(
            rule="MR-02",
            text=f"No field strength suits all of {_names(conditional)}: no MR.",
            source=sources.ASTM_F2503,
        )
    if allowed is not None and len(allowed) == 1:
        tesla = next(iter(allowed))
        yield RequireCapability(
            rule="MR-02",
            text=f"The implant allows a field of {tesla:g} T only.",
            source=sources.ASTM_F2503,
            capability=f"{tesla:g}T",
        )
    unseen = [one for one in conditional if not one.card_seen or not one.conditional_tesla]
    if unseen:
        yield Hold(
            rule="MR-02",
            text=f"MR conditional implant ({_names(unseen)}): its card has to be seen.",
            source=sources.ASTM_F2503,
            role=Role.MR_SAFETY_OFFICER,
            question="Which field strength and mode does the implant's card allow?",
            fact="implant",
        )


def field_strength(
    patient: PatientFacts, exam: ExamFacts, room: RoomFacts, _thresholds: Thresholds
) -> Iterable[Finding]:
    """MR-02: no room with a field strength that the implant does not allow, or that is unknown."""
    allowed = _allowed_tesla(patient)
    if not _is_mr(exam) or allowed is None or room.field_strength_tesla in allowed:
        return
    field = room.field_strength_tesla
    has = "a field that is not known" if field is None else f"{field:g} T"
    may = listed([f"{tesla:g} T" for tesla in sorted(allowed)]) if allowed else "no field"
    yield Block(
        rule="MR-02",
        text=f"{room.code} has {has}; the implant allows {may}.",
        source=sources.ASTM_F2503,
    )


def unknown_safety(
    patient: PatientFacts, exam: ExamFacts, _thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """MR-03: implant of unknown safety, metal in the eye, or a screening form still to be filled.

    A missing form holds nothing: it is filled on arrival.
    """
    if not _is_mr(exam):
        return
    unknown = _implants(patient, ImplantSafety.UNKNOWN)
    texts = [f"Implant of unknown MR safety: {_names(unknown)}."] if unknown else []
    questions = ["Which implant is it, and is it safe in the scanner?"] if unknown else []
    if patient.metal_eye_injury:
        texts.append("An eye was injured by metal.")
        questions.append(_eye_question(patient, now))
    if texts:
        yield Hold(
            rule="MR-03",
            text=" ".join(texts),
            source=sources.ACR_MR_SAFETY,
            role=Role.MR_SAFETY_OFFICER,
            question=" ".join(questions),
            fact="implant" if unknown else "mr_screening",
        )
    if patient.mr_screened_at is None:
        yield Warn(
            rule="MR-03",
            text="The MR screening form is still to be filled.",
            source=sources.ACR_MR_SAFETY,
        )


def _eye_question(patient: PatientFacts, now: datetime) -> str:
    films = [
        past.starts_at
        for past in patient.exams
        if past.procedure_code == _ORBIT_CODE or past.body_part.upper() in _ORBIT_PARTS
    ]
    if not films:
        return "Is an X-ray of the orbits booked before the MR?"
    shown = max((film for film in films if film <= now), default=None)
    if shown is None:
        return f"Does the X-ray of the orbits on {day(min(films))} come before the MR?"
    return f"Do the orbits show metal in the images of {day(shown)}?"


def cardiac_device(
    patient: PatientFacts, exam: ExamFacts, _thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """MR-04: a cardiac device: MR safety and cardiology, monitoring, and 1.5 T.

    A label that allows other field strengths only goes before the 1.5 T.
    """
    devices = [
        one
        for one in patient.implants
        if one.cardiac and one.safety in {ImplantSafety.CONDITIONAL, ImplantSafety.UNKNOWN}
    ]
    if not _is_mr(exam) or not devices:
        return
    text = f"The patient has a cardiac device ({_names(devices)})"
    yield Hold(
        rule="MR-04",
        text=f"{text}: MR safety and cardiology decide.",
        source=sources.HRS,
        role=Role.MR_SAFETY_OFFICER,
        question="Has cardiology agreed, and who programmes the device before and after?",
    )
    yield RequireCapability(
        rule="MR-04", text=f"{text}: monitoring.", source=sources.HRS, capability="monitoring"
    )
    allowed = _allowed_tesla(patient)
    if allowed is None or 1.5 in allowed:  # noqa: PLR2004 - the field strength of the consensus
        yield RequireCapability(
            rule="MR-04", text=f"{text}: a field of 1.5 T.", source=sources.HRS, capability="1.5T"
        )


def large_patient(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """MR-05: a heavy patient lies better in a wide bore."""
    limit = thresholds.mr_wide_bore_kg
    if _is_mr(exam) and patient.weight_kg is not None and patient.weight_kg > limit:
        yield Prefer(
            rule="MR-05",
            text=f"The patient weighs {patient.weight_kg:g} kg (more than {limit:g}): wide bore.",
            source=sources.VENDOR,
            capability="wide_bore",
        )


def claustrophobia(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """MR-06: claustrophobia: a wide bore, more time, and sedation as a choice."""
    if not _is_mr(exam) or "claustrophobia" not in patient.conditions:
        return
    source = sources.PRACTICE
    yield Prefer(
        rule="MR-06",
        text="The patient fears narrow spaces: a wide bore is preferred.",
        source=source,
        capability="wide_bore",
    )
    yield Extend(
        rule="MR-06",
        text=f"{thresholds.claustrophobia_minutes} more minutes for a patient who fears the bore.",
        source=source,
        part=ExtendedPart.ROOM,
        minutes=thresholds.claustrophobia_minutes,
    )
    if not _is_sedated(patient, exam):
        text = "The patient fears narrow spaces: offer sedation."
        yield Warn(rule="MR-06", text=text, source=source)


def pregnant(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """MR-07: MR in the first trimester is the radiologist's decision; later a warning."""
    if not _is_mr(exam) or not pregnancy.is_pregnant(patient, thresholds, now):
        return
    weeks = pregnancy.weeks_now(patient, now)
    if weeks is not None and weeks > thresholds.first_trimester_weeks:
        yield Warn(
            rule="MR-07",
            text=f"The patient is pregnant (week {weeks}).",
            source=sources.ACR_MR_SAFETY,
        )
        return
    since = "week not known" if weeks is None else f"week {weeks}"
    yield Hold(
        rule="MR-07",
        text=f"The patient is pregnant ({since}): the first trimester needs a decision.",
        source=sources.ACR_MR_SAFETY,
        role=Role.RADIOLOGIST,
        question="Is MR needed now, and will ultrasound not do?",
    )


def sedation(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """MR-08: sedation in any modality: anaesthetist, induction, recovery and fasting."""
    if not _is_sedated(patient, exam):
        return
    source = sources.ASA_FASTING
    yield RequireCapability(
        rule="MR-08",
        text="Sedation: the room needs anaesthesia equipment.",
        source=source,
        capability="anaesthesia",
    )
    yield RequireResource(
        rule="MR-08",
        text="Sedation: an anaesthetist stays during the exam.",
        source=source,
        resource_kind="anaesthetist",
    )
    yield Extend(
        rule="MR-08",
        text=f"Sedation begins in the room: {thresholds.induction_minutes} more minutes.",
        source=source,
        part=ExtendedPart.ROOM,
        minutes=thresholds.induction_minutes,
    )
    yield Extend(
        rule="MR-08",
        text=f"The patient recovers for {thresholds.recovery_minutes} minutes.",
        source=source,
        part=ExtendedPart.AFTER,
        minutes=thresholds.recovery_minutes,
        resource_kind="recovery_bay",
    )
    yield Warn(
        rule="MR-08",
        text="Sedation: clear fluids until 2 hours, a light meal until 6, a full meal until 8 "
        "hours before.",
        source=source,
    )


def _is_sedated(patient: PatientFacts, exam: ExamFacts) -> bool:
    return exam.needs_sedation or "sedation" in patient.needs
