"""The exams of the last weeks as plain facts, for trying other thresholds on them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, joinedload

from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.rules.cases import Case
from worklist.rules.facts import RoomFacts
from worklist.scheduling import facts
from worklist.scheduling.standing import Standing, read_standing


def past_cases(
    session: Session, *, now: datetime, days: int, most: int | None = None
) -> Iterator[Case]:
    """Yield the exams ordered in the last ``days``, each as it was when it was last looked at.

    The newest come first; ``most`` is how many at most. Facts recorded later are left out; the
    patient's other exams are those known today.
    """
    rooms = {}
    standing = read_standing(session)
    exams = session.scalars(
        select(ScheduledProcedureStep)
        .join(RequestedProcedure)
        .join(ImagingServiceRequest)
        .where(ImagingServiceRequest.created_at > now - timedelta(days=days))
        .options(
            joinedload(ScheduledProcedureStep.patient),
            contains_eager(ScheduledProcedureStep.requested_procedure).contains_eager(
                RequestedProcedure.order
            ),
        )
        .order_by(ScheduledProcedureStep.id.desc())
        .limit(most)
        .execution_options(yield_per=500)
    )
    for exam in exams:
        if exam.modality not in rooms:
            rooms[exam.modality] = _rooms(standing, exam.modality)
        judged, zone = rooms[exam.modality]
        at = exam.placement_tried_at or exam.order.created_at
        known = facts.gather(session, exam, at, standing, as_of=at)
        yield Case(
            name=f"{exam.order.accession_number} {exam.description}",
            at=at.astimezone(zone),
            patient=known.patient,
            exam=known.exam,
            rooms=judged,
            exam_id=exam.id,
        )


def _rooms(standing: Standing, modality: str) -> tuple[tuple[RoomFacts, ...], ZoneInfo]:
    """Return the rooms of a modality and their time zone."""
    found = standing.rooms_of(modality)
    zone = ZoneInfo(found[0].resource.site.time_zone if found else "UTC")
    return tuple(facts.room_facts(room) for room in found), zone
