"""SIU to appointments made elsewhere (HL7 v2.5 chapter 10, IHE RAD-48)."""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo

from worklist.hl7 import values
from worklist.hl7.content import (
    AppointmentAction,
    AppointmentRequest,
    GivenSlot,
    OrderNumbers,
    Origin,
)
from worklist.hl7.errors import ErrorCode, Location, MessageError
from worklist.hl7.message import Message, Segment
from worklist.hl7.order_groups import minutes
from worklist.hl7.patient_mapping import assigned_location, patient_class
from worklist.language.text import _
from worklist.orders.details import OrderDetails, StepDetails
from worklist.vocabulary import PatientClass, Priority

_ACTIONS = {
    "S12": AppointmentAction.BOOK,
    "S13": AppointmentAction.BOOK,
    "S14": AppointmentAction.BOOK,
    "S15": AppointmentAction.CANCEL,
    "S26": AppointmentAction.NO_SHOW,
}
_CODE_LENGTH, _NUMBER_LENGTH, _DESCRIPTION_LENGTH = 64, 140, 64


def appointment_request(message: Message, origin: Origin) -> AppointmentRequest:
    """Read an SIU.

    The appointment's number is SCH-1, else SCH-2, with its issuer. Each AIS is a step; the room is
    the AIL (location) or AIG (equipment) of the same resource group.

    Raises:
        MessageError: 100, SCH is missing; 101, its number, or a time or procedure to book;
            102, a malformed value.
    """
    sch = message.require("SCH")
    action = _ACTIONS[message.header.text(9, 2).upper()]
    number, issuer = (sch.text(1) or sch.text(2)), (sch.text(1, 2) or sch.text(2, 2))
    if not number:
        raise _missing(
            sch, 1, _("the appointment's number"), _("the same in each message about it")
        )
    services = list(_services(message))
    if action is AppointmentAction.BOOK and not services:
        message.require("AIS")
    return AppointmentRequest(
        action=action,
        number=f"{issuer or origin.facility}|{number}"[:_NUMBER_LENGTH],
        location=sch.at(1),
        order=_order_numbers(sch, origin),
        details=_details(message, services, origin) if services else None,
        procedure_location=services[0][0].at(3) if services else None,
        slots=tuple(_slot(sch, ais, group, origin.zone) for ais, group in services),
        reason=values.coded(sch, 6) or "",
    )


def _services(message: Message) -> Iterator[tuple[Segment, list[Segment]]]:
    """Return each AIS with the segments of its resource group (RGS)."""
    groups: list[list[Segment]] = [[]]
    for segment in message.segments:
        if segment.name == "RGS":
            groups.append([])
        elif segment.name in {"AIS", "AIG", "AIL", "AIP"}:
            groups[-1].append(segment)
    for group in groups:
        for segment in group:
            if segment.name == "AIS" and segment.text(2).upper() != "D":
                yield segment, group


def _slot(sch: Segment, ais: Segment, group: list[Segment], zone: tzinfo) -> GivenSlot:
    resources = [one for one in group if one.name in {"AIL", "AIG"} and one.text(2).upper() != "D"]
    starts_at = (
        values.optional_timestamp(ais, 4, zone)
        or values.optional_timestamp(sch, 11, zone, component=4)
        or next(filter(None, (_resource_start(one, zone) for one in resources)), None)
    )
    if starts_at is None:
        raise _missing(ais, 4, _("the start"), _("it in AIS-4 or SCH-11.4"))
    return GivenSlot(
        places=tuple(dict.fromkeys(place for one in resources for place in _places(one))),
        starts_at=starts_at,
        minutes=_minutes(ais.text(7), ais.text(8)) or _minutes(sch.text(9), sch.text(10)),
    )


def _resource_start(resource: Segment, zone: tzinfo) -> datetime | None:
    return values.optional_timestamp(resource, 6 if resource.name == "AIL" else 8, zone)


def _places(resource: Segment) -> Iterator[str]:
    """Return what may name a room: point of care, room and bed of AIL-3, id and name of AIG-3."""
    one = resource.repetition(3)
    parts = (2, 1, 3, 9) if resource.name == "AIL" else (1, 2)
    return filter(None, (one.text(part) for part in parts))


def _minutes(amount: str, unit: str) -> int | None:
    return minutes(f"{unit[:1].upper() or 'M'}{amount}") if amount else None


def _order_numbers(sch: Segment, origin: Origin) -> OrderNumbers | None:
    placer, filler = sch.text(26), sch.text(27)
    if not placer and not filler:
        return None
    return OrderNumbers(
        placer=placer or None,
        placer_issuer=(sch.text(26, 2) or origin.facility) if placer else "",
        filler=filler or None,
    )


def _details(
    message: Message, services: list[tuple[Segment, list[Segment]]], origin: Origin
) -> OrderDetails:
    sch, visit = message.require("SCH"), message.first("PV1")
    steps = _steps([ais for ais, _ in services])
    numbers = _order_numbers(sch, origin)
    return OrderDetails(
        procedure_code=steps[0].procedure_code,
        priority=Priority.ROUTINE,
        patient_class=patient_class(visit) or PatientClass.OUTPATIENT,
        ordered_at=origin.time,
        message_time=origin.sent_at,
        placer_order_number=numbers.placer if numbers else None,
        placer_issuer=numbers.placer_issuer if numbers else "",
        placer_group_number=sch.text(4),
        description=steps[0].description,
        referring_physician=values.physician(visit, 8) or "",
        reason=values.coded(sch, 7) or "",
        clinical_information="\n".join(filter(None, (n.whole(3) for n in message.all("NTE")))),
        current_location=assigned_location(visit) or "",
        admission_id=visit.text(19) if visit else "",
        steps=steps if len(steps) > 1 else (),
    )


def _steps(services: Sequence[Segment]) -> tuple[StepDetails, ...]:
    if not services[0].text(3):
        raise _missing(services[0], 3, _("the procedure"), _("its code in AIS-3"))
    if any(len(ais.text(3)) > _CODE_LENGTH for ais in services):
        raise MessageError(
            _(
                "The procedure code in AIS-3 is longer than %(code_length)s characters.",
                code_length=_CODE_LENGTH,
            ),
            code=ErrorCode.DATA_TYPE,
            location=Location("AIS", 1, 3),
        )
    return tuple(
        StepDetails(procedure_code=ais.text(3), description=ais.text(3, 2)[:_DESCRIPTION_LENGTH])
        for ais in services
    )


def _missing(segment: Segment, field: int, what: str, send: str) -> MessageError:
    return MessageError(
        _(
            "%(name)s-%(field)s (%(what)s) is missing: send %(send)s.",
            name=segment.name,
            field=field,
            what=what,
            send=send,
        ),
        code=ErrorCode.REQUIRED_FIELD_MISSING,
        location=segment.at(field),
    )
