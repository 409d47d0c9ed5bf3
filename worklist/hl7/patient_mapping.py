"""PID, PV1 and MRG to patient details (IHE RAD TF-2, 4.1 and 4.12)."""

from datetime import date
from typing import Literal

from worklist.hl7 import values
from worklist.hl7.content import MergeRequest, Origin, Visit
from worklist.hl7.errors import ErrorCode, Location, MessageError
from worklist.hl7.message import Message, Repetition, Segment
from worklist.language.tags import language_of
from worklist.language.text import _
from worklist.patients.details import Identifier, PatientDetails
from worklist.vocabulary import PatientClass

_SEXES = {"M": "M", "F": "F", "O": "O", "A": "O", "N": "O", "U": "", "": ""}
_NOT_A_PATIENT_NUMBER = frozenset({"AN", "VN"})
_LENGTHS = {"name": 200, "phone": 40, "email": 120, "address": 300, "location": 64}
_CLASSES = {"E": PatientClass.EMERGENCY, "I": PatientClass.INPATIENT}
_WITHOUT_STAY = frozenset({"A11", "A28", "A31", "A38"})
_IDENTIFIER_LENGTH = 64


def patient_details(pid: Segment, origin: Origin) -> PatientDetails:
    """Read a PID segment; what it leaves empty stays as it is, HL7 null deletes.

    The number is PID-3, or PID-2 where an early version has it there. A name is None where there
    is none: only a patient who is not known yet needs one.

    Raises:
        MessageError: 101, no identifier; 102, a malformed date or too long a value; 103, a sex
            that table 0001 does not have.
    """
    name = values.patient_name(pid, 5)
    phone, email = _telecommunication(pid)
    return PatientDetails(
        identifiers=identifiers(pid, 3 if pid.raw(3) or not pid.raw(2) else 2, origin),
        name=_fitting(name.alphabetic or None, "name", pid.at(5)),
        name_ideographic=_fitting(name.ideographic, "name", pid.at(5)),
        name_phonetic=_fitting(name.phonetic, "name", pid.at(5)),
        birth_date=_birth_date(pid),
        sex=_sex(pid),
        phone=_fitting(phone, "phone", pid.at(13)),
        email=_fitting(email, "email", pid.at(13)),
        address=_fitting(_address(pid), "address", pid.at(11)),
        language=_language(pid),
    )


def merge_requests(message: Message, origin: Origin) -> tuple[MergeRequest, ...]:
    """Read the PID and MRG pairs of an A40 (merge) or A47 (the same patient, renumbered).

    Raises:
        MessageError: 100, a PID without MRG or the other way round; 101, 102 as for a PID.
    """
    merges: list[MergeRequest] = []
    survivor: Segment | None = None
    for segment in message.segments:
        if segment.name == "PID":
            if survivor is not None:
                raise _without_pair(survivor, "MRG")
            survivor = segment
        elif segment.name == "MRG":
            if survivor is None:
                raise _without_pair(segment, "PID")
            merges.append(
                MergeRequest(
                    survivor=patient_details(survivor, origin),
                    merged=identifiers(segment, 1, origin),
                    location=segment.at(1),
                    renumbered=message.header.text(9, 2).upper() == "A47",
                )
            )
            survivor = None
    if survivor is not None or not merges:
        raise _without_pair(survivor or message.require("PID"), "MRG")
    return tuple(merges)


def identifiers(segment: Segment, field: int, origin: Origin) -> tuple[Identifier, ...]:
    """Read a repeated CX; account and visit numbers are left out.

    The issuer is CX.4.1, else its universal id CX.4.2, else the sending facility, so that two
    hospitals may use the same number.

    Raises:
        MessageError: 101, there is none; 102, one is too long.
    """
    found: dict[tuple[str, str], Identifier] = {}
    for one in segment.repetitions(field):
        type_code = one.text(5).upper()
        if not one.text(1) or type_code in _NOT_A_PATIENT_NUMBER:
            continue
        issuer = one.text(4, 1) or one.text(4, 2) or origin.facility
        if max(len(one.text(1)), len(issuer)) > _IDENTIFIER_LENGTH:
            raise too_long(one.at(1), _IDENTIFIER_LENGTH)
        found.setdefault(
            (issuer, one.text(1)),
            Identifier(value=one.text(1), issuer=issuer, type_code=type_code[:8] or "MR"),
        )
    if not found:
        raise _missing(f"{segment.name}-{field} (patient identifier)", segment.at(field))
    return tuple(found.values())


def too_long(location: Location, limit: int) -> MessageError:
    """Return the error of a value that cannot be kept whole."""
    return MessageError(
        _(
            "The value in %(location)s is longer than %(limit)s characters: shorten it and send "
            "again.",
            location=location,
            limit=limit,
        ),
        code=ErrorCode.DATA_TYPE,
        location=location,
    )


def visit(message: Message) -> Visit | None:
    """Read where the patient is and as what, of an ADT; None where PV1 is missing or says nothing.

    A11, A28, A31 and A38 say nothing of a present stay.
    """
    event, pv1 = message.header.text(9, 2).upper(), message.first("PV1")
    if pv1 is None or event in _WITHOUT_STAY:
        return None
    found = Visit(
        location=assigned_location(pv1),
        patient_class=patient_class(pv1),
        admission_id=pv1.text(19),
        arrived=event == "A10",
    )
    return found if found.arrived or found.location or found.patient_class else None


def patient_class(pv1: Segment | None) -> PatientClass | None:
    """Read PV1-2 (HL7 table 0004); whoever is neither emergency nor inpatient is an outpatient."""
    code = pv1.text(2).upper() if pv1 else ""
    return _CLASSES.get(code, PatientClass.OUTPATIENT) if code else None


def assigned_location(pv1: Segment | None) -> str | None:
    """Read point of care, room and bed of PV1-3."""
    if pv1 is None or not pv1.raw(3):
        return None
    parts = (pv1.text(3, number) for number in (1, 2, 3))
    written = " ".join(filter(None, parts))
    if len(written) > _LENGTHS["location"]:
        raise too_long(pv1.at(3), _LENGTHS["location"])
    return written


def _birth_date(pid: Segment) -> date | Literal[""] | None:
    if pid.value(7) == "":
        return ""
    return values.calendar_date(pid.text(7), pid.at(7)) if pid.text(7) else None


def _sex(pid: Segment) -> str | None:
    code = pid.value(8)
    if code is None:
        return None
    if code.upper() not in _SEXES:
        raise MessageError(
            _("The sex %(code)s in PID-8 is not one of M, F, O, A, N, U.", code=repr(code[:8])),
            code=ErrorCode.TABLE_VALUE_NOT_FOUND,
            location=pid.at(8),
        )
    return _SEXES[code.upper()]


def _language(pid: Segment) -> str | None:
    """Return the patient's language of PID-15 by its code; one that is not known leaves it."""
    one = pid.repetition(15)
    if pid.value(15) == "":
        return ""
    return language_of(one.text(1)) or language_of(one.text(2)) or None


def _telecommunication(pid: Segment) -> tuple[str | None, str | None]:
    """Return the first telephone number and the first mail address of PID-13."""
    phone: str | None = None
    email: str | None = None
    for one in pid.repetitions(13):
        if one.value(1) == "":
            phone = email = ""
        elif one.text(3) == "Internet" or one.text(2) == "NET":
            email = email or one.text(4) or one.text(1) or None
        else:
            phone = phone or _phone(one)
    return phone, email


def _phone(one: Repetition) -> str | None:
    pieces = (one.text(5), one.text(6), one.text(7))
    return one.text(1) or one.text(12) or " ".join(filter(None, pieces)) or None


def _address(pid: Segment) -> str | None:
    one = pid.repetition(11)
    parts = [one.text(1), one.text(2), f"{one.text(5)} {one.text(3)}".strip(), one.text(4)]
    written = ", ".join(filter(None, [*parts, one.text(6)]))
    return "" if one.value(1) == "" and not written else written or None


def _fitting(value: str | None, kind: str, location: Location) -> str | None:
    if value is not None and len(value) > _LENGTHS[kind]:
        raise too_long(location, _LENGTHS[kind])
    return value


def _missing(what: str, location: Location) -> MessageError:
    return MessageError(
        _("%(what)s is missing: without it nobody knows whom the message is about.", what=what),
        code=ErrorCode.REQUIRED_FIELD_MISSING,
        location=location,
    )


def _without_pair(segment: Segment, other: str) -> MessageError:
    return MessageError(
        _(
            "%(name)s %(sequence)s has no %(other)s: a merge names the survivor in PID and, after "
            "it, the other record in MRG.",
            name=segment.name,
            sequence=segment.sequence,
            other=other,
        ),
        code=ErrorCode.SEGMENT_SEQUENCE,
        location=Location(segment.name, segment.sequence),
    )
