"""A slot as the trail keeps it."""

from typing import Any

from worklist.orders.models import ScheduledProcedureStep


def slot_detail(exam: ScheduledProcedureStep) -> dict[str, Any]:
    """Return the exam's slot as the trail keeps it under ``slot``; nothing where it has none."""
    if exam.starts_at is None or exam.ends_at is None:
        return {}
    return {
        "slot": {
            "starts_at": exam.starts_at.isoformat(),
            "ends_at": exam.ends_at.isoformat(),
            "room_id": exam.room_id,
            "station_id": exam.station_id,
        }
    }
