"""Take and give back slots: the only place that writes reservations."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ARRAY, BigInteger, CursorResult, DateTime, Text, bindparam, delete, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from worklist.catalogue.models import ResourceKind, Room
from worklist.orders import service as orders
from worklist.orders import trail
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.slots import slot_detail
from worklist.orders.status import WITH_SLOT, StepStatus
from worklist.scheduling.models import Reservation
from worklist.scheduling.phases import Plan
from worklist.scheduling.slots import Slot
from worklist.scheduling.standing import read_standing
from worklist.scheduling.waiting.records import note_freed

# deadlock_detected, lock_not_available: somebody else was faster.
_LOST_RACE = frozenset({"40P01", "55P03"})

# Whoever books the same room or patient waits here, and then sees what the first one took. Two that
# insert at once wait for each other's row, until PostgreSQL finds the circle after a second.
_QUEUE = text("SELECT pg_advisory_xact_lock(key) FROM unnest(:keys) AS key").bindparams(
    bindparam("keys", type_=ARRAY(BigInteger))
)
# Away from each other and from the other advisory locks, which are 32-bit numbers.
_PATIENTS, _RESOURCES = 1 << 40, 1 << 41

# Queues first: the constraints look at what is committed by the time of each row. A row that they
# do not let in is left out, which needs no savepoint as an error would.
_RESERVE = text("""
WITH queued AS MATERIALIZED (SELECT pg_advisory_xact_lock(key) FROM unnest(:keys) AS key)
INSERT INTO reservations (exam_id, patient_id, resource_id, phase, during)
SELECT :exam, patient, resource, phase, tstzrange(starts, ends)
FROM (SELECT count(*) FROM queued) AS queue,
    unnest(:patients, :resources, :phases, :starts, :ends)
    AS taken (patient, resource, phase, starts, ends)
ON CONFLICT DO NOTHING
""").bindparams(
    bindparam("keys", type_=ARRAY(BigInteger)),
    bindparam("exam", type_=BigInteger),
    bindparam("patients", type_=ARRAY(BigInteger)),
    bindparam("resources", type_=ARRAY(BigInteger)),
    bindparam("phases", type_=ARRAY(Text)),
    bindparam("starts", type_=ARRAY(DateTime(timezone=True))),
    bindparam("ends", type_=ARRAY(DateTime(timezone=True))),
)


def queue_for_several(session: Session, places: Collection[tuple[int, int]]) -> None:
    """Wait at once for all that several bookings of a transaction may take: before the first one.

    Whoever booked one after the other would hold the first's room while waiting for the second's,
    and somebody else the other way round. Which staff and bays it will be is not known yet: all.

    Args:
        session: In a transaction that has booked nothing yet.
        places: Patient and room of each booking; one alone waits as it is taken.
    """
    if len(places) > 1:
        lines = read_standing(session).lines.values()
        others = {one.id for one in lines if one.kind is not ResourceKind.ROOM}
        patients, rooms = zip(*places, strict=True)
        session.execute(_QUEUE, {"keys": _keys(patients, others.union(rooms))})


def take(
    session: Session,
    exam: ScheduledProcedureStep,
    room: Room,
    slot: Slot,
    plan: Plan,
    *,
    actor: str,
    now: datetime,
) -> bool:
    """Reserve the slot for the exam and schedule it; False where somebody else was faster.

    What the exam had before is given back in the same savepoint, so that a lost race changes
    nothing.
    """
    if not _reserve(session, exam, slot, plan):
        return False
    note_freed(session, exam, now=now)
    _write_slot(session, exam, room, slot, actor=actor, now=now)
    return True


def unschedule(
    session: Session, exam: ScheduledProcedureStep, *, reason: str, actor: str, now: datetime
) -> None:
    """Take the exam's slot away, for a reason that it keeps: it has none until it is placed anew.

    Raises:
        OrderStateError: it has started or is finished.
    """
    orders.set_status(session, exam, StepStatus.UNSCHEDULED, actor=actor, now=now, reason=reason)
    give_back(session, exam, now=now)
    session.flush()


def give_back(session: Session, exam: ScheduledProcedureStep, *, now: datetime) -> None:
    """Delete the exam's reservations and empty its slot; others may be offered it."""
    note_freed(session, exam, now=now)
    _release(session, exam)
    exam.room_id = exam.station_id = None
    exam.starts_at = exam.ends_at = None


def _release(session: Session, exam: ScheduledProcedureStep) -> None:
    if exam.room_id is not None:  # what has no slot holds nothing
        session.execute(delete(Reservation).where(Reservation.exam_id == exam.id))


def _reserve(session: Session, exam: ScheduledProcedureStep, slot: Slot, plan: Plan) -> bool:
    """Make the slot's reservations the exam's; False, and nothing changed, after a lost race.

    What has a slot gives it back in a savepoint, the connection's own: nothing else that the
    session has yet to write is in it.
    """
    keys = _keys([exam.patient_id], [one.resource_id for one in slot.takings])
    wanted = {"keys": keys, **_reservations(exam, slot, plan)}
    with session.no_autoflush:
        if exam.room_id is None:
            return _insert(session, exam, wanted)
        savepoint = session.connection().begin_nested()
        try:
            # Whoever gives back what it has queues before that.
            session.execute(_QUEUE, {"keys": keys})
            _release(session, exam)
            taken = _insert(session, exam, wanted)
        except DBAPIError as error:
            savepoint.rollback()
            if getattr(error.orig, "sqlstate", None) in _LOST_RACE:
                return False
            raise
        if taken:
            savepoint.commit()
        else:
            savepoint.rollback()
        return taken


def _insert(session: Session, exam: ScheduledProcedureStep, wanted: dict[str, Any]) -> bool:
    """Write all the reservations of an exam that has none, or none of them: False."""
    result = cast("CursorResult[Any]", session.execute(_RESERVE, wanted))
    if result.rowcount == len(wanted["starts"]):
        return True
    session.execute(delete(Reservation).where(Reservation.exam_id == exam.id))
    return False


def _keys(patients: Iterable[int], resources: Iterable[int]) -> list[int]:
    """Return what patients and resources queue under, in one order for everybody.

    Patients come first: whoever waits for a patient holds no room meanwhile.
    """
    keys = {_PATIENTS + one for one in patients} | {_RESOURCES + one for one in resources}
    return sorted(keys)


def _reservations(exam: ScheduledProcedureStep, slot: Slot, plan: Plan) -> dict[str, Any]:
    """Return the rows in one order for everybody, so that two writers never wait in a circle."""
    taken = sorted(slot.takings, key=lambda one: (one.resource_id, one.during))
    own = plan.patient_intervals(slot.starts_at)
    stretches = [*own, *(one.during for one in taken)]
    return {
        "exam": exam.id,
        "patients": [*(exam.patient_id for _ in own), *(None for _ in taken)],
        "resources": [*(None for _ in own), *(one.resource_id for one in taken)],
        "phases": [*("patient" for _ in own), *(one.phase for one in taken)],
        "starts": [one.start for one in stretches],
        "ends": [one.end for one in stretches],
    }


def _write_slot(
    session: Session,
    exam: ScheduledProcedureStep,
    room: Room,
    slot: Slot,
    *,
    actor: str,
    now: datetime,
) -> None:
    station = next(
        (one for one in room.stations if one.active and one.modality == exam.modality), None
    )
    before = slot_detail(exam)
    exam.room_id, exam.station_id = room.id, station.id if station else None
    exam.starts_at, exam.ends_at = slot.starts_at, slot.ends_at
    if exam.status not in WITH_SLOT:
        orders.set_status(session, exam, StepStatus.SCHEDULED, actor=actor, now=now)
    elif before != slot_detail(exam):
        _record_move(session, exam, before, actor=actor, now=now)


def _record_move(
    session: Session,
    exam: ScheduledProcedureStep,
    before: dict[str, Any],
    *,
    actor: str,
    now: datetime,
) -> None:
    trail.record(
        session,
        exam,
        "exam.moved",
        actor=actor,
        now=now,
        previous_slot=before.get("slot"),
        **slot_detail(exam),
    )
