"""ORC, OBR, TQ1, IPC and ZDS to order requests (IHE RAD TF-2 4.2, 4.4, 4.13 and appendix B)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from worklist.hl7 import values
from worklist.hl7.content import OrderNumbers, OrderRequest, Origin
from worklist.hl7.errors import ErrorCode, Location, MessageError
from worklist.hl7.message import NULL, Message, Segment
from worklist.hl7.order_control import OrderAction, order_action
from worklist.hl7.order_groups import OrderGroup, order_groups
from worklist.hl7.patient_mapping import assigned_location, patient_class, too_long
from worklist.hl7.step_mapping import step_ids, steps_and_slots
from worklist.language.text import _
from worklist.orders.details import OrderDetails, StepDetails
from worklist.vocabulary import PatientClass, Priority

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


def order_requests(
    message: Message, origin: Origin
) -> tuple[tuple[OrderRequest, ...], tuple[str, ...]]:
    """Read every order of an ORM, OMG or OMI, and remarks on what was not taken as it stands.

    Several IPC, and groups that follow each other with one order number, are several steps of one
    order. Groups with other numbers are other orders.

    Raises:
        MessageError: 100, segments are missing or out of order; 101, a number or the procedure is
            missing; 102, a malformed or too long value; 103, an unknown code.
    """
    message.require("ORC")
    groups = [
        (group, order_action(group.orc, origin.order_control), order_numbers(group, origin))
        for group in order_groups(message)
    ]
    requests = tuple(
        _request([group for group, *_ in same], action, numbers, message, origin)
        for (action, numbers), same in groupby(groups, key=lambda one: (one[1], one[2]))
    )
    return requests, tuple(_remarks(message, requests))


def order_numbers(group: OrderGroup, origin: Origin) -> OrderNumbers:
    """Read the numbers of ORC-2 and ORC-3, else of OBR-2 and OBR-3.

    Raises:
        MessageError: 101, there is none; 102, one is too long.
    """
    orc, obr = group.orc, group.obr
    placer = orc if orc.text(2) or obr is None else obr
    filler = orc.text(3) or (obr.text(3) if obr else "")
    if not placer.text(2) and not filler:
        raise MessageError(
            _(
                "ORC-2 (placer order number) is missing: without a number the order cannot be "
                "changed or cancelled later."
            ),
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


def study_instance_uid(segments: Sequence[tuple[Segment | None, int]]) -> str | None:
    """Return the first UID that stands in one of the fields.

    Raises:
        MessageError: 102, it is not a UID.
    """
    for segment, number in segments:
        uid = segment.text(number) if segment else ""
        if not segment or not uid:
            continue
        if len(uid) > _LENGTHS["study_instance_uid"] or not _UID.fullmatch(uid):
            raise MessageError(
                _(
                    "%(uid)s is not a Study Instance UID: digits and points, at most 64.",
                    uid=repr(uid[:64]),
                ),
                code=ErrorCode.DATA_TYPE,
                location=segment.at(number),
            )
        return uid
    return None


def _request(
    groups: list[OrderGroup],
    action: OrderAction,
    numbers: OrderNumbers,
    message: Message,
    origin: Origin,
) -> OrderRequest:
    first = groups[0]
    if action not in {OrderAction.NEW, OrderAction.CHANGE}:
        return OrderRequest(
            action=action,
            numbers=numbers,
            location=first.orc.at(2),
            step_ids=tuple(one for group in groups for one in step_ids(group)),
            reason=values.coded(first.orc, 16) or "",
        )
    for group in groups:
        _require_procedure(group)
    given = _given(message, groups, numbers, origin)
    _check_lengths(given, first)
    found = [
        (_with_study(step, group), slot)
        for group in groups
        for step, slot in steps_and_slots(group, origin.zone, one_of_several=len(groups) > 1)
    ]
    return OrderRequest(
        action=action,
        numbers=numbers,
        location=first.orc.at(2),
        procedure_location=first.obr.at(4) if first.obr else None,
        accession_location=_accession_place(first),
        details=_details(given, [step for step, _ in found if step], origin),
        unvalued=frozenset(name for name, value in given.items() if value is None)
        - ({"wanted_at"} if first.deletes_start else set()),
        slots=tuple(slot for _, slot in found),
    )


def _with_study(step: StepDetails | None, group: OrderGroup) -> StepDetails | None:
    """Add the step's own study, so that each requested procedure has the one of its group."""
    if step is None:
        return None
    uid = study_instance_uid([(group.first("IPC"), 3), (group.first("ZDS"), 1)])
    return replace(step, study_instance_uid=uid)


def _given(
    message: Message, groups: list[OrderGroup], numbers: OrderNumbers, origin: Origin
) -> dict[str, object]:
    """Return what the message says of each detail; None where it says nothing."""
    group, visit = groups[0], message.first("PV1")
    obr = _require_procedure(group)
    return {
        "procedure_code": obr.text(4),
        "priority": group.priority,
        "patient_class": patient_class(visit),
        "ordered_at": values.optional_timestamp(group.orc, 9, origin.zone),
        "placer_order_number": numbers.placer,
        "placer_issuer": numbers.placer_issuer,
        "placer_group_number": group.orc.value(4),
        "filler_order_number": numbers.filler,
        "accession_number": _accession_number(group),
        "study_instance_uid": _study_of(message, groups),
        "description": obr.text(4, 2)[:_DESCRIPTION_LENGTH] or None,
        "ordering_physician": values.physician(obr, 16) or values.physician(group.orc, 12),
        "referring_physician": values.physician(visit, 8),
        "reason": values.coded(obr, 31),
        "clinical_information": _clinical_information(obr, group),
        "danger_code": values.coded(obr, 12),
        "transport": obr.value(30),
        "current_location": assigned_location(visit),
        "admission_id": visit.value(19) if visit else None,
        "wanted_at": group.starts_at(origin.zone),
    }


def _details(given: dict[str, object], steps: list[StepDetails], origin: Origin) -> OrderDetails:
    known = {name: value for name, value in given.items() if value is not None}
    known.setdefault("priority", Priority.ROUTINE)
    known.setdefault("patient_class", PatientClass.OUTPATIENT)
    known.setdefault("ordered_at", origin.time)
    return OrderDetails(message_time=origin.sent_at, steps=tuple(steps), **known)  # type: ignore[arg-type]


def _require_procedure(group: OrderGroup) -> Segment:
    if group.obr is None:
        raise MessageError(
            _(
                "ORC %(sequence)s has no OBR: a new or changed order needs its procedure.",
                sequence=group.orc.sequence,
            ),
            code=ErrorCode.SEGMENT_SEQUENCE,
            location=Location("OBR", group.orc.sequence),
        )
    if not group.obr.text(4):
        raise MessageError(
            _(
                "OBR-4 (universal service identifier) has no code: send the procedure's code in "
                "its first component."
            ),
            code=ErrorCode.REQUIRED_FIELD_MISSING,
            location=group.obr.at(4),
        )
    return group.obr


def _accession_number(group: OrderGroup) -> str | None:
    ipc = group.first("IPC")
    return (ipc.text(1) if ipc else "") or (group.obr.text(18) if group.obr else "") or None


def _accession_place(group: OrderGroup) -> Location | None:
    ipc = group.first("IPC")
    if ipc is not None and ipc.text(1):
        return ipc.at(1)
    return group.obr.at(18) if group.obr else None


def _study_of(message: Message, groups: list[OrderGroup]) -> str | None:
    """Return the order's study: IPC-3, else ZDS-1, which one ORM has only once, at its end."""
    places = [(group.first("IPC"), 3) for group in groups]
    places += [(group.first("ZDS"), 1) for group in groups]
    if len(message.all("ORC")) == len(groups):
        places.append((message.first("ZDS"), 1))
    return study_instance_uid(places)


def _clinical_information(obr: Segment, group: OrderGroup) -> str | None:
    if obr.raw(13) == NULL and not any(group.notes):
        return ""
    written = [obr.whole(13), *group.notes]
    return "\n".join(filter(None, written)) or None


def _check_lengths(given: dict[str, object], group: OrderGroup) -> None:
    for name, limit in _LENGTHS.items():
        value = given[name]
        if isinstance(value, str) and len(value) > limit:
            words = name.replace("_", " ")
            raise MessageError(
                _(
                    "The %(words)s is longer than %(limit)s characters: shorten it and send again.",
                    words=words,
                    limit=limit,
                ),
                code=ErrorCode.DATA_TYPE,
                location=(group.obr or group.orc).at(0),
            )


def _remarks(message: Message, requests: Sequence[OrderRequest]) -> Iterator[str]:
    if len(requests) > 1 and len(message.all("ZDS")) == 1:
        yield _("ZDS-1: one study for several orders: it is that of the order which it follows.")
    for request in requests:
        if any(slot.places and slot.starts_at is None for slot in request.slots):
            yield _(
                "%(location)s: a room without a time is not booked: send TQ1-7 too.",
                location=request.location.spoken,
            )
