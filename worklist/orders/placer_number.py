"""The number that the placer gives to an order that was made here."""

from datetime import datetime

from sqlalchemy.orm import Session

from worklist.audit import service as audit
from worklist.errors import ConflictError, NotFoundError
from worklist.language.text import _
from worklist.orders.models import ImagingServiceRequest
from worklist.orders.service import find_order


def assign(
    session: Session, order_id: int, *, number: str, issuer: str, actor: str, now: datetime
) -> ImagingServiceRequest:
    """Give an order that was made here the number that its placer has for it.

    Raises:
        NotFoundError: there is no such order.
        ConflictError: it has another number, or another order has this one.
    """
    order = session.get(ImagingServiceRequest, order_id, with_for_update=True)
    if order is None:
        raise NotFoundError(_("There is no order %(order_id)s.", order_id=order_id))
    if (order.placer_order_number, order.placer_issuer) == (number, issuer):
        return order
    if order.placer_order_number is not None:
        raise ConflictError(
            _(
                "The order %(filler_order_number)s has the placer's number "
                "%(placer_order_number)s already: %(number)s was not taken.",
                filler_order_number=order.filler_order_number,
                placer_order_number=order.placer_order_number,
                number=number,
            )
        )
    if find_order(session, placer_issuer=issuer, placer_order_number=number, filler=None):
        raise ConflictError(
            _(
                "The number %(number)s of %(issuer)s is another order's already.",
                number=number,
                issuer=issuer,
            )
        )
    order.placer_order_number, order.placer_issuer = number, issuer
    audit.record(
        session,
        "order.numbered",
        actor=actor,
        now=now,
        patient_id=order.patient_id,
        order_id=order.id,
        placer_order_number=number,
        placer_issuer=issuer,
    )
    session.flush()
    return order
