"""The segments that several messages share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo

from worklist.hl7.outbound.fields import (
    coded,
    components,
    day,
    entity,
    identifier,
    language,
    moment,
    patient_name,
    physician,
    priority,
    segment,
    telecommunication,
    text,
    timing,
)
from worklist.hl7.outbound.subject import Appointment, Audience, OrderSubject, Subject
from worklist.orders.models import ImagingServiceRequest, RequestedProcedure

# TQ1 came with 2.5 and took the place of ORC-7 and OBR-27.
TIMING_SEGMENT_SINCE = (2, 5)


@dataclass(frozen=True, slots=True)
class Draft:
    """A message without its MSH.

    ``type`` is MSH-9 with its three components; ``control`` is ORC-1, the trigger event or MSA-1.
    ``header`` are fields of the MSH that are not the peer's usual ones.
    """

    type: str
    control: str
    segments: tuple[str, ...]
    header: Mapping[int, str] = field(default_factory=dict)


def pid(subject: Subject, audience: Audience) -> str:
    """Patient identification; an unknown sex is U."""
    patient = subject.patient
    return segment(
        "PID",
        {
            1: "1",
            3: "~".join(map(identifier, subject.identifiers)),
            5: patient_name(patient),
            7: day(patient.birth_date),
            8: patient.sex or "U",
            11: text(patient.address),
            13: telecommunication(patient, audience.peer.version_numbers),
            15: language(patient.language),
        },
    )


def pv1(order: ImagingServiceRequest | None) -> str:
    """Patient visit; without an order its class is N, not applicable."""
    if order is None:
        return segment("PV1", {1: "1", 2: "N"})
    return segment(
        "PV1",
        {
            1: "1",
            2: order.patient_class,
            3: text(order.current_location),
            8: physician(order.referring_physician),
            19: visit_number(order.admission_id),
        },
    )


def visit_number(value: str) -> str:
    """PV1-19, a CX."""
    return components(text(value), "", "", "", "VN") if value else ""


def orc(
    subject: OrderSubject,
    audience: Audience,
    *,
    control: str,
    status: str = "",
    slot: Appointment | None = None,
    with_timing: bool = False,
    reason: str = "",
) -> str:
    """Common order; ORC-7 only where ``with_timing`` says so, ORC-18 is the scanner's AE title."""
    order, site, zone = subject.order, subject.site, audience.zone
    starts_at, ends_at = (slot.starts_at, slot.ends_at) if slot else (order.wanted_at, None)
    station = slot.station if slot else None
    return segment(
        "ORC",
        {
            1: control,
            2: placer_number(order),
            3: entity(order.filler_order_number, audience.peer.own_application),
            4: text(order.placer_group_number),
            5: status,
            7: timing(starts_at, ends_at, order.priority, zone) if with_timing else "",
            9: moment(subject.event.occurred_at, zone),
            10: actor(subject),
            12: physician(order.ordering_physician),
            16: components("", text(reason)) if reason else "",
            17: coded(site.code, site.name) if site else "",
            18: text(station.ae_title) if station else "",
        },
    )


def tq1(order: ImagingServiceRequest, slot: Appointment | None, zone: tzinfo) -> str:
    """Timing: the slot, else the time that was wished for."""
    return segment(
        "TQ1",
        {
            1: "1",
            7: moment(slot.starts_at if slot else order.wanted_at, zone),
            8: moment(slot.ends_at, zone) if slot else "",
            9: priority(order.priority),
        },
    )


def obr(
    subject: OrderSubject,
    audience: Audience,
    more: dict[int, str] | None = None,
    *,
    number: int = 1,
) -> str:
    """Observation request: what was ordered; ``more`` adds or replaces fields."""
    order = subject.order
    fields = {
        1: str(number),
        2: placer_number(order),
        3: entity(order.filler_order_number, audience.peer.own_application),
        4: procedure_code(subject.requested),
        12: text(order.danger_code),
        13: text(order.clinical_information),
        16: physician(order.ordering_physician),
        30: text(order.transport),
        31: components("", text(order.reason)) if order.reason else "",
    }
    return segment("OBR", fields | (more or {}))


def procedure_code(requested: RequestedProcedure) -> str:
    """Return the procedure as a coded element."""
    procedure = requested.procedure
    return coded(procedure.code, procedure.name, procedure.coding_scheme)


def placer_number(order: ImagingServiceRequest) -> str:
    """ORC-2: empty until the placer has given one."""
    return entity(order.placer_order_number, order.placer_issuer)


def actor(subject: Subject) -> str:
    """Who did it, as the number of an XCN."""
    return text(subject.event.actor.partition(":")[2] or subject.event.actor)
