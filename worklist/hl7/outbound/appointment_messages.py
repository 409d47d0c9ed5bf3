"""Appointment notices: SIU^S12, S13, S14, S15 and S26 (HL7 v2.4 chapter 10, IHE RAD-48)."""

from datetime import datetime

from worklist.hl7.outbound.fields import coded, components, entity, moment, segment, text, timing
from worklist.hl7.outbound.segments import (
    Draft,
    actor,
    pid,
    placer_number,
    procedure_code,
    pv1,
    tq1,
)
from worklist.hl7.outbound.subject import Appointment, Audience, OrderSubject
from worklist.orders.models import RequestedProcedure
from worklist.orders.status import WITH_SLOT

# SCH-26 and 27 came with 2.4. SCH-9 to 11 were withdrawn with 2.7, where TQ1 tells the time.
_ORDER_NUMBERS_SINCE = (2, 4)
_TQ1_SINCE = (2, 7)

# What a notice shows of an order: its other changes are none of an appointment.
_SHOWN = frozenset({"procedure", "reason", "priority", "patient_class", "current_location"})

# Trigger event to what is said of it: SCH-6, SCH-25 (table 0278), RGS-2 and AIS-2 (table 0206).
_TRIGGERS = {
    "S12": ("NEW", "Booked", "A"),
    "S13": ("RESCHEDULED", "Booked", "U"),
    "S14": ("MODIFIED", "Booked", "U"),
    "S15": ("CANCELLED", "Cancelled", "D"),
    "S26": ("NOSHOW", "Noshow", "X"),
}


def appointment(subject: OrderSubject, audience: Audience) -> Draft | None:
    """Describe an appointment that was made, moved, changed, cancelled or missed.

    Each exam is one appointment, known by its Scheduled Procedure Step ID (SCH-2); SCH-1 is the
    number of one that was made elsewhere.
    """
    trigger = _trigger(subject)
    slot, order = subject.exam.slot, subject.order
    if trigger is None or slot is None:
        return None
    segments = [_sch(subject, slot, audience, trigger)]
    if audience.peer.version_numbers >= _TQ1_SINCE:
        segments.append(tq1(order, slot, audience.zone))
    segments += [
        pid(subject, audience),
        pv1(order),
        segment("RGS", {1: "1", 2: _TRIGGERS[trigger][2]}),
        _ais(subject.requested, slot, audience, trigger),
    ]
    if slot.station:
        segments.append(_aig(slot, audience, trigger))
    if slot.room:
        segments.append(_ail(slot, audience, trigger))
    return Draft(f"SIU^{trigger}^SIU_S12", trigger, tuple(segments))


def _trigger(subject: OrderSubject) -> str | None:
    action, detail = subject.event.action, subject.detail
    had_slot = detail.get("previous") in WITH_SLOT
    if action == "exam.scheduled":
        return "S12"
    if action == "exam.moved":
        return "S13" if _has_new_time(detail) else "S14"
    if action in {"exam.canceled", "exam.unscheduled", "exam.held"} and had_slot:
        return "S15"
    if action == "exam.no_show":
        return "S26"
    changed = set(detail.get("changed", ()))
    if action == "exam.changed" and changed & _SHOWN and subject.exam.status in WITH_SLOT:
        return "S14"
    return None


def _has_new_time(detail: dict[str, dict[str, str]]) -> bool:
    return any(
        detail["slot"][end] != detail["previous_slot"][end] for end in ("starts_at", "ends_at")
    )


def _sch(subject: OrderSubject, slot: Appointment, audience: Audience, trigger: str) -> str:
    event_reason, status, _ = _TRIGGERS[trigger]
    order, peer = subject.order, audience.peer
    times = (slot.starts_at, slot.ends_at)
    issuer, _, number = (subject.exam.exam.appointment_number or "").partition("|")
    fields = {
        1: entity(number, issuer),
        2: entity(subject.exam.exam.scheduled_procedure_step_id, peer.own_application),
        4: entity(order.placer_group_number, order.placer_issuer),
        6: coded(event_reason, subject.detail.get("reason", "")),
        7: components("", text(order.reason)) if order.reason else "",
        16: actor(subject),
        20: actor(subject),
        25: status,
    }
    if peer.version_numbers < _TQ1_SINCE:
        timed = timing(*times, order.priority, audience.zone)
        fields |= {9: _minutes(*times), 10: "min", 11: timed}
    if peer.version_numbers >= _ORDER_NUMBERS_SINCE:
        filler = entity(order.filler_order_number, peer.own_application)
        fields |= {26: placer_number(order), 27: filler}
    return segment("SCH", fields)


def _ais(requested: RequestedProcedure, slot: Appointment, audience: Audience, trigger: str) -> str:
    return segment(
        "AIS",
        {
            1: "1",
            2: _TRIGGERS[trigger][2],
            3: procedure_code(requested),
            4: moment(slot.starts_at, audience.zone),
            7: _minutes(slot.starts_at, slot.ends_at),
            8: "min",
            9: "No",
            10: _TRIGGERS[trigger][1],
        },
    )


def _aig(slot: Appointment, audience: Audience, trigger: str) -> str:
    """The scanner, by its AE title."""
    station = slot.station
    return segment(
        "AIG",
        {
            1: "1",
            2: _TRIGGERS[trigger][2],
            3: coded(station.ae_title, station.name) if station else "",
            4: coded(station.modality) if station else "",
            8: moment(slot.starts_at, audience.zone),
            11: _minutes(slot.starts_at, slot.ends_at),
            12: "min",
        },
    )


def _ail(slot: Appointment, audience: Audience, trigger: str) -> str:
    """The room: PL.1 point of care, PL.2 room, PL.9 its name; of a department (table 0305)."""
    room = slot.room
    site = room.resource.site if room else None
    place = components(
        text(site.department) if site else "",
        text(room.code) if room else "",
        "",
        text(site.code) if site else "",
        *[""] * 4,
        text(room.name) if room else "",
    )
    return segment(
        "AIL",
        {
            1: "1",
            2: _TRIGGERS[trigger][2],
            3: place,
            4: "D",
            6: moment(slot.starts_at, audience.zone),
            9: _minutes(slot.starts_at, slot.ends_at),
            10: "min",
        },
    )


def _minutes(starts_at: datetime, ends_at: datetime) -> str:
    return str(round((ends_at - starts_at).total_seconds() / 60))
