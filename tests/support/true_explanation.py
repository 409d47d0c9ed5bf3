"""Whether an explanation of a placement is true: each room's first slot, from the oracle."""

from datetime import datetime, timedelta

from tests.support.oracle import Oracle
from worklist.orders.models import ScheduledProcedureStep
from worklist.scheduling.assessment import Assessment
from worklist.scheduling.candidates import Candidate
from worklist.vocabulary import Priority


def check_explanation(
    explanation: dict[str, object],
    oracle: Oracle,
    assessment: Assessment,
    exam: ScheduledProcedureStep,
) -> None:
    """Recompute each room's first slot and compare it with the explanation."""
    rooms = explanation["rooms"]
    assert isinstance(rooms, list)
    told = {one["room"]: one for one in rooms}
    for candidate in assessment.candidates:
        if candidate.obstacles:
            assert told[candidate.room.code]["outcome"] == "left_out"
            assert told[candidate.room.code]["reasons"] == list(candidate.obstacles)
    first, last = explanation["looked_from"], explanation["looked_until"]
    if first is None:
        return  # held or blocked: no slot was looked for
    begin, end = datetime.fromisoformat(str(first)), datetime.fromisoformat(str(last))
    end = min(end, begin + timedelta(days=2))
    for candidate in assessment.eligible:
        earliest = _first_start(oracle, candidate, assessment, exam, (begin, end))
        named = (told[candidate.room.code][key] for key in ("earliest", "kept"))
        found = min((datetime.fromisoformat(one) for one in named if one), default=None)
        assert earliest == (found if found and found < end else None)


def _first_start(
    oracle: Oracle,
    candidate: Candidate,
    assessment: Assessment,
    exam: ScheduledProcedureStep,
    between: tuple[datetime, datetime],
) -> datetime | None:
    start, end = between
    stat = exam.order.priority is Priority.STAT
    while start < end:
        avoided = any(one.start < start < one.end for one in assessment.avoided)
        if not avoided and oracle.could_start(
            candidate, assessment.plan, exam.patient_id, start, stat=stat
        ):
            return start
        start += timedelta(minutes=5)
    return None
