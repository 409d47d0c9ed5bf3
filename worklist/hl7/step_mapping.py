"""IPC, OBR-19, OBR-20 and the times given with them to steps and their slots (IHE RAD-4)."""

from datetime import tzinfo

from worklist.hl7 import values
from worklist.hl7.content import GivenSlot
from worklist.hl7.errors import ErrorCode, MessageError
from worklist.hl7.message import Segment
from worklist.hl7.order_groups import OrderGroup
from worklist.language.text import _
from worklist.orders.details import StepDetails

_DESCRIPTION_LENGTH = 64
_IDENTIFIER_LENGTH = 64


def steps_and_slots(
    group: OrderGroup, zone: tzinfo, *, one_of_several: bool
) -> list[tuple[StepDetails | None, GivenSlot]]:
    """Return the group's steps, each with the room and time that the sender gives it.

    An IPC is a step. Without IPC the OBR is one, if it has an id or stands among several;
    otherwise the step is None: the department makes it.

    Raises:
        MessageError: 102, an id is too long or a time is malformed.
    """
    starts_at, length = group.starts_at(zone), group.minutes
    scheduled = group.others.get("IPC", [])
    if scheduled:
        return [
            (
                _step_of_ipc(group, ipc),
                GivenSlot(places=_places(ipc), starts_at=starts_at, minutes=length),
            )
            for ipc in scheduled
        ]
    slot = GivenSlot(starts_at=starts_at, minutes=length)
    obr = group.obr
    if obr is None or not (one_of_several or obr.raw(19) or obr.raw(20)):
        return [(None, slot)]
    step = StepDetails(
        step_id=_identifier(obr, 20),
        requested_procedure_id=_identifier(obr, 19),
        procedure_code=obr.text(4),
        description=(obr.text(4, 5) or obr.text(4, 2))[:_DESCRIPTION_LENGTH],
        performing_physician=_technician(obr),
    )
    return [(step, slot)]


def step_ids(group: OrderGroup) -> list[str]:
    """Return the steps that a cancel or hold names; none means the whole order."""
    found = [ipc.text(4) for ipc in group.others.get("IPC", [])]
    found += [group.obr.text(20)] if group.obr else []
    return [one for one in found if one]


def _step_of_ipc(group: OrderGroup, ipc: Segment) -> StepDetails:
    obr = group.obr
    return StepDetails(
        step_id=_identifier(ipc, 4),
        requested_procedure_id=_identifier(ipc, 2),
        procedure_code=obr.text(4) if obr else "",
        description=(ipc.text(6, 2) or (obr.text(4, 2) if obr else ""))[:_DESCRIPTION_LENGTH],
        performing_physician=_technician(obr) if obr else "",
    )


def _places(ipc: Segment) -> tuple[str, ...]:
    """Return AE titles, station names and locations that IPC-9, IPC-7 and IPC-8 name."""
    found = [one.text(part) for field in (9, 7, 8) for one in ipc.repetitions(field)
             for part in (1, 2)]  # fmt: skip
    return tuple(dict.fromkeys(filter(None, found)))


def _technician(obr: Segment) -> str:
    """Return OBR-34, an NDL whose person stands in subcomponents: id, family, given."""
    family, given = obr.text(34, 1, 2), obr.text(34, 1, 3)
    if not family and obr.text(34, 2):
        return values.pn(obr.repetition(34), first=2)
    return "^".join(filter(None, (family, given)))


def _identifier(segment: Segment, field: int) -> str:
    value = segment.text(field)
    if len(value) > _IDENTIFIER_LENGTH:
        raise MessageError(
            _(
                "The id in %(field)s is longer than %(identifier_length)s characters: shorten it "
                "and send again.",
                field=segment.at(field),
                identifier_length=_IDENTIFIER_LENGTH,
            ),
            code=ErrorCode.DATA_TYPE,
            location=segment.at(field),
        )
    return value
