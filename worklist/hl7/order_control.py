"""What an order control code and an order status ask for (HL7 tables 0119 and 0038)."""

from collections.abc import Mapping
from enum import StrEnum

from worklist.hl7.errors import ErrorCode, MessageError
from worklist.hl7.message import Segment
from worklist.language.text import _


class OrderAction(StrEnum):
    """What happens to the order.

    COMPLETE is for exams done where nothing reports it here, NUMBER gives an order that was made
    here its placer's number.
    """

    NEW = "new"
    CHANGE = "change"
    CANCEL = "cancel"
    HOLD = "hold"
    RELEASE = "release"
    STATUS = "status"
    COMPLETE = "complete"
    NUMBER = "number"


# ORC-1 alone, as IHE RAD-2 has it. A discontinued order is one that is cancelled: nobody but the
# room can end an exam that has started, so both are refused then.
_BY_CONTROL = {
    "NW": OrderAction.NEW,
    "SN": OrderAction.NEW,
    "XO": OrderAction.CHANGE,
    "XX": OrderAction.CHANGE,
    "CA": OrderAction.CANCEL,
    "OC": OrderAction.CANCEL,
    "DC": OrderAction.CANCEL,
    "OD": OrderAction.CANCEL,
    "HD": OrderAction.HOLD,
    "OH": OrderAction.HOLD,
    "RL": OrderAction.RELEASE,
    "OE": OrderAction.RELEASE,
    "SC": OrderAction.STATUS,
    "NA": OrderAction.NUMBER,
    "OK": OrderAction.STATUS,
}

# ORC-1 with ORC-5, where the pair says more than ORC-1 (IHE RAD-3, RAD-13).
_BY_PAIR = {
    ("SC", "CA"): OrderAction.CANCEL,
    ("SC", "DC"): OrderAction.CANCEL,
    ("SC", "HD"): OrderAction.HOLD,
}


def order_action(orc: Segment, overrides: Mapping[str, OrderAction] | None = None) -> OrderAction:
    """Return what the ORC asks for.

    Args:
        orc: The segment.
        overrides: What the peer's profile says: ``NW_SC`` for a pair, else ``NW``.

    Raises:
        MessageError: 101, ORC-1 is missing; 103, its code is not taken.
    """
    control, status = orc.text(1).upper(), orc.text(5).upper()
    if not control:
        raise MessageError(
            _("ORC-1 (order control) is missing: send NW, XO, CA, DC, HD, RL or SC."),
            code=ErrorCode.REQUIRED_FIELD_MISSING,
            location=orc.at(1),
        )
    own = overrides or {}
    action = (
        own.get(f"{control}_{status}")
        or own.get(control)
        or _BY_PAIR.get((control, status))
        or _BY_CONTROL.get(control)
    )
    if action is None:
        raise MessageError(
            _(
                "The order control code %(control)s is not taken: send one of %(by_control)s.",
                control=repr(control[:8]),
                by_control=", ".join(sorted(_BY_CONTROL)),
            ),
            code=ErrorCode.TABLE_VALUE_NOT_FOUND,
            location=orc.at(1),
        )
    return action
