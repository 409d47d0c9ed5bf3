"""ORC, OBR, TQ1, IPC and ZDS to order requests (IHE RAD TF-2 4.2, 4.4, 4.13 and appendix B)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from worklist.hl7 import values
from worklist.hl7.content import OrderNumbers, OrderRequest, Origin
from worklist.hl7.errors import ErrorCode, Location, MessageError
from worklist.hl7.message import Message, Segment
from worklist.hl7.order_control import OrderAction, order_action
from worklist.hl7.patient_mapping import too_long
from worklist.orders.details import OrderDetails
from worklist.vocabulary import PatientClass, Priority

# HL7 table 0485; U is no part of it but widely sent.
_PRIORITIES = {
    "S": Priority.STAT,
    "A": Priority.ASAP,
    "R": Priority.ROUTINE,
    "P": Priority.URGENT,
    "C": Priority.ASAP,
    "T": Priority.URGENT,
    "U": Priority.URGENT,
    "PRN": Priority.ROUTINE,
    **{priority.value: priority for priority in Priority},
}
_TIMING_CRITICAL = re.compile(r"T[SMHDWL]\d*")
_CLASSES = {"E": PatientClass.EMERGENCY, "I": PatientClass.INPATIENT}
_UID = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*))+")
_LENGTHS = {
    "placer_order_number": 64,
    "placer_issuer": 64,
    "placer_group_number": 64,
    "filler_order_number": 64,
    "procedure_code": 64,
    "accession_number": 16,
    "study_instance_uid": 64,
    "ordering_physician": 200,
    "referring_physician": 200,
    "danger_code": 60,
    "transport": 32,
    "current_location": 64,
    "admission_id": 64,
}
_DESCRIPTION_LENGTH = 64


@dataclass(slots=True)
class _Group:
    """An ORC with what follows it up to the next; ``obr`` is None for a mere status or cancel."""

    orc: Segment
    obr: Segment | None = None
    others: dict[str, Segment] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def first(self, name: str) -> Segment | None:
        return self.others.get(name)


def order_requests(message: Message, origin: Origin) -> tuple[OrderRequest, ...]:
    """Read every order of an ORM, OMG or OMI.

    Several IPC are several steps of one procedure: the first gives accession number and study.

    Raises:
        MessageError: 100, segments are missing or out of order; 101, a number or the procedure is
            missing; 102, a malformed or too long value; 103, an unknown code.
    """
    message.require("ORC")
    return tuple(_request(message, group, origin) for group in _groups(message))


def _groups(message: Message) -> Iterator[_Group]:
    group: _Group | None = None
    for segment in message.segments:
        if segment.name == "ORC":
            if group is not None:
                yield group
            group = _Group(segment)
        elif segment.name == "OBR":
            if group is None or group.obr is not None:
                raise MessageError(
                    f"OBR {segment.sequence} has no ORC of its own: put one before each OBR.",
                    code=ErrorCode.SEGMENT_SEQUENCE,
                    location=Location("OBR", segment.sequence),
                )
            group.obr = segment
        elif group is not None and segment.name == "NTE":
            group.notes.append(segment.whole(3))
        elif group is not None:
            group.others.setdefault(segment.name, segment)
    if group is not None:
        yield group


def _request(message: Message, group: _Group, origin: Origin) -> OrderRequest:
    action = order_action(group.orc)
    numbers = _numbers(group, origin)
    if action not in {OrderAction.NEW, OrderAction.CHANGE}:
        return OrderRequest(
            action=action,
            numbers=numbers,
            location=group.orc.at(2),
            reason=values.coded(group.orc, 16) or "",
        )
    given = _given(message, group, numbers, origin)
    _check_lengths(given, group)
    unvalued = frozenset(name for name, value in given.items() if value is None)
    return OrderRequest(
        action=action,
        numbers=numbers,
        location=group.orc.at(2),
        procedure_location=group.obr.at(4) if group.obr else None,
        details=_details(given, origin),
        unvalued=unvalued,
    )


def _numbers(group: _Group, origin: Origin) -> OrderNumbers:
    orc, obr = group.orc, group.obr
    placer = orc if orc.text(2) or obr is None else obr
    filler = orc.text(3) or (obr.text(3) if obr else "")
    if not placer.text(2) and not filler:
        raise MessageError(
            "ORC-2 (placer order number) is missing: without a number the order cannot be "
            "changed or cancelled later.",
            code=ErrorCode.REQUIRED_FIELD_MISSING,
            location=orc.at(2),
        )
    issuer = placer.text(2, 2) or placer.text(2, 3) or origin.facility
    for name, value in (("placer_order_number", placer.text(2)), ("placer_issuer", issuer)):
        if len(value) > _LENGTHS[name]:
            raise too_long(placer.at(2), _LENGTHS[name])
    if len(filler) > _LENGTHS["filler_order_number"]:
        raise too_long(orc.at(3), _LENGTHS["filler_order_number"])
    return OrderNumbers(
        placer=placer.text(2) or None,
        placer_issuer=issuer if placer.text(2) else "",
        filler=filler or None,
    )


def _given(
    message: Message, group: _Group, numbers: OrderNumbers, origin: Origin
) -> dict[str, object]:
    """Return what the message says of each detail; None where it says nothing."""
    obr, visit = _required_obr(group), message.first("PV1")
    return {
        "procedure_code": obr.text(4),
        "priority": _priority(group),
        "patient_class": _patient_class(visit),
        "ordered_at": values.optional_timestamp(group.orc, 9, origin.zone),
        "placer_order_number": numbers.placer,
        "placer_issuer": numbers.placer_issuer,
        "placer_group_number": group.orc.value(4),
        "filler_order_number": numbers.filler,
        "accession_number": _accession_number(group),
        "study_instance_uid": _study_instance_uid(message, group),
        "description": obr.text(4, 2)[:_DESCRIPTION_LENGTH] or None,
        "ordering_physician": values.physician(obr, 16) or values.physician(group.orc, 12),
        "referring_physician": values.physician(visit, 8),
        "reason": values.coded(obr, 31),
        "clinical_information": _clinical_information(obr, group),
        "danger_code": values.coded(obr, 12),
        "transport": obr.value(30),
        "current_location": _location(visit),
        "admission_id": visit.value(19) if visit else None,
        "wanted_at": _wanted_at(group, origin),
    }


def _details(given: dict[str, object], origin: Origin) -> OrderDetails:
    known = {name: value for name, value in given.items() if value is not None}
    known.setdefault("priority", Priority.ROUTINE)
    known.setdefault("patient_class", PatientClass.OUTPATIENT)
    known.setdefault("ordered_at", origin.time)
    return OrderDetails(message_time=origin.sent_at, **known)  # type: ignore[arg-type]


def _required_obr(group: _Group) -> Segment:
    if group.obr is None:
        raise MessageError(
            f"ORC {group.orc.sequence} has no OBR: a new or changed order needs its procedure.",
            code=ErrorCode.SEGMENT_SEQUENCE,
            location=Location("OBR", group.orc.sequence),
        )
    if not group.obr.text(4):
        raise MessageError(
            "OBR-4 (universal service identifier) has no code: send the procedure's code in "
            "its first component.",
            code=ErrorCode.REQUIRED_FIELD_MISSING,
            location=group.obr.at(4),
        )
    return group.obr


def _priority(group: _Group) -> Priority | None:
    """Read TQ1-9, else OBR-27.6, ORC-7.6, or OBR-5 of the earliest versions."""
    places = [(group.first("TQ1"), 9, 1), (group.obr, 27, 6), (group.orc, 7, 6), (group.obr, 5, 1)]
    for segment, number, component in places:
        code = segment.text(number, component).upper() if segment else ""
        if not segment or not code:
            continue
        if code in _PRIORITIES:
            return _PRIORITIES[code]
        if _TIMING_CRITICAL.fullmatch(code):
            return Priority.URGENT
        raise MessageError(
            f"The priority {code[:16]!r} is not in HL7 table 0485: send S, A, P, T, C or R.",
            code=ErrorCode.TABLE_VALUE_NOT_FOUND,
            location=segment.repetition(number).at(component),
        )
    return None


def _patient_class(visit: Segment | None) -> PatientClass | None:
    code = visit.text(2).upper() if visit else ""
    return _CLASSES.get(code, PatientClass.OUTPATIENT) if code else None


def _wanted_at(group: _Group, origin: Origin) -> datetime | None:
    places = [(group.first("TQ1"), 7, 1), (group.orc, 7, 4), (group.obr, 27, 4)]
    times = (
        values.optional_timestamp(segment, number, origin.zone, component=component)
        for segment, number, component in places
    )
    return next((time for time in times if time is not None), None)


def _accession_number(group: _Group) -> str | None:
    ipc = group.first("IPC")
    return (ipc.text(1) if ipc else "") or (group.obr.text(18) if group.obr else "") or None


def _study_instance_uid(message: Message, group: _Group) -> str | None:
    ipc, zds = group.first("IPC"), group.first("ZDS")
    if zds is None and len(message.all("ORC")) == 1:
        zds = message.first("ZDS")
    for segment, number in ((ipc, 3), (zds, 1)):
        uid = segment.text(number) if segment else ""
        if not segment or not uid:
            continue
        if len(uid) > _LENGTHS["study_instance_uid"] or not _UID.fullmatch(uid):
            raise MessageError(
                f"{uid[:64]!r} is not a Study Instance UID: digits and points, at most 64.",
                code=ErrorCode.DATA_TYPE,
                location=segment.at(number),
            )
        return uid
    return None


def _clinical_information(obr: Segment, group: _Group) -> str | None:
    written = [obr.whole(13), *group.notes]
    return "\n".join(filter(None, written)) or None


def _location(visit: Segment | None) -> str | None:
    if visit is None or not visit.raw(3):
        return None
    parts = (visit.text(3, number) for number in (1, 2, 3))
    return " ".join(filter(None, parts))


def _check_lengths(given: dict[str, object], group: _Group) -> None:
    for name, limit in _LENGTHS.items():
        value = given[name]
        if isinstance(value, str) and len(value) > limit:
            words = name.replace("_", " ")
            raise MessageError(
                f"The {words} is longer than {limit} characters: shorten it and send again.",
                code=ErrorCode.DATA_TYPE,
                location=(group.obr or group.orc).at(0),
            )
