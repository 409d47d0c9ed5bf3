"""To the placer: numbers, status and cancellation of its orders (IHE RAD TF-2 4.3, RAD-3)."""

from worklist.hl7.outbound.fields import timing
from worklist.hl7.outbound.segments import (
    TIMING_SEGMENT_SINCE,
    Draft,
    obr,
    orc,
    pid,
    pv1,
    tq1,
)
from worklist.hl7.outbound.subject import Audience, OrderSubject
from worklist.hl7.peers.models import OrderMessage
from worklist.orders.status import OrderStatus

TYPES = {OrderMessage.ORM: "ORM^O01^ORM_O01", OrderMessage.OMG: "OMG^O19^OMG_O19"}

# HL7 table 0038.
_STATUSES = {
    OrderStatus.IN_PROGRESS: "IP",
    OrderStatus.COMPLETED: "CM",
    OrderStatus.DISCONTINUED: "DC",
}


def order_number(subject: OrderSubject, audience: Audience) -> Draft | None:
    """``SN``: ask the placer for a number for an order that was made here."""
    if subject.event.action != "order.received":
        return None
    if subject.order.placer_order_number is not None:
        return None
    return _draft(subject, audience, "SN", with_timing=True)


def order_status(subject: OrderSubject, audience: Audience) -> Draft | None:
    """``SC``: the order is in progress, completed or discontinued.

    A patient who did not come has not had the order discontinued: no message is sent.
    """
    status = _STATUSES.get(subject.detail.get("order_status", ""))
    missed = subject.event.action == "exam.no_show" and status == "DC"
    if status is None or missed:
        return None
    return _draft(subject, audience, "SC", status=status)


def order_cancelled(subject: OrderSubject, audience: Audience) -> Draft | None:
    """``OC``: the order was cancelled here."""
    if subject.detail.get("order_status") != OrderStatus.CANCELED:
        return None
    return _draft(subject, audience, "OC", reason=subject.detail.get("reason", ""))


def _draft(
    subject: OrderSubject,
    audience: Audience,
    control: str,
    *,
    status: str = "",
    reason: str = "",
    with_timing: bool = False,
) -> Draft:
    order, peer, zone = subject.order, audience.peer, audience.zone
    is_orm = peer.order_message is OrderMessage.ORM
    has_tq1 = not is_orm and peer.version_numbers >= TIMING_SEGMENT_SINCE
    in_fields = with_timing and not has_tq1
    segments = [
        pid(subject, audience),
        pv1(order),
        orc(
            subject,
            audience,
            control=control,
            status=status,
            with_timing=in_fields,
            reason=reason,
        ),
    ]
    if with_timing and has_tq1:
        segments.append(tq1(order, None, zone))
    more = {27: timing(order.wanted_at, None, order.priority, zone)} if in_fields else {}
    segments.append(obr(subject, audience, more))
    return Draft(TYPES[peer.order_message], control, tuple(segments))
