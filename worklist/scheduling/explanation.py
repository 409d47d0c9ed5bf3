"""Tell why: the room and time chosen, and each room left out, in sentences and as data."""

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from worklist.rules.serialise import to_json
from worklist.scheduling.assessment import Assessment
from worklist.scheduling.candidates import Candidate
from worklist.scheduling.search import Found
from worklist.scheduling.slots import Slot

_MINUTES_AN_HOUR = 60


def explain(
    assessment: Assessment,
    *,
    summary: str,
    found: Found | None,
    chosen: Slot | None,
    reason: str = "",
) -> dict[str, Any]:
    """Return the explanation that a placement keeps: see the keys below."""
    return {
        "summary": summary,
        "facts": {
            "patient": _plain(asdict(assessment.patient)),
            "exam": _plain(asdict(assessment.exam)),
        },
        "findings": [to_json(finding) for finding in assessment.findings],
        "chosen": chosen
        and {
            "room": chosen.room_code,
            "starts_at": chosen.starts_at.isoformat(),
            "ends_at": chosen.ends_at.isoformat(),
            "reason": reason,
        },
        "rooms": [_room(candidate, found, chosen) for candidate in assessment.candidates],
    }


def moment(value: datetime, zone: ZoneInfo) -> str:
    """Return a time for a sentence: ``Tue 24 Nov 10:20``."""
    return value.astimezone(zone).strftime("%a %d %b %H:%M")


def duration(value: timedelta) -> str:
    """Return a length of time for a sentence: ``25 min``, ``3 h 10 min``, ``2 days``."""
    minutes = round(value.total_seconds() / 60)
    if minutes < _MINUTES_AN_HOUR:
        return f"{minutes} min"
    if minutes < 2 * 24 * _MINUTES_AN_HOUR:
        hours, rest = divmod(minutes, _MINUTES_AN_HOUR)
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{minutes // (24 * _MINUTES_AN_HOUR)} days"


def _room(candidate: Candidate, found: Found | None, chosen: Slot | None) -> dict[str, Any]:
    scored = found.first.get(candidate.room.id) if found else None
    first = scored.slot if scored else None
    outcome, reasons = _verdict(candidate, found, first, chosen)
    return {
        "room": candidate.room.code,
        "name": candidate.room.name,
        "outcome": outcome,
        "earliest": first.starts_at.isoformat() if first else None,
        "reasons": [*reasons, *(candidate.remarks if first else ())],
    }


def _verdict(
    candidate: Candidate, found: Found | None, first: Slot | None, chosen: Slot | None
) -> tuple[str, list[str]]:
    code = candidate.room.code
    if candidate.obstacles:
        return "left_out", list(candidate.obstacles)
    if chosen and chosen.room_id == candidate.room.id:
        return "chosen", [f"{code} is free at {moment(chosen.starts_at, chosen.zone)}."]
    if found is None:
        return "later", [f"{code} could take the exam too."]
    if first is None:
        zone = ZoneInfo(candidate.room.resource.site.time_zone)
        until = moment(found.looked_until, zone)
        return "left_out", [f"{code} has no free time long enough before {until}."]
    when = moment(first.starts_at, first.zone)
    difference = first.starts_at - chosen.starts_at if chosen else timedelta(0)
    if difference > timedelta(0):
        return "later", [f"{code} is free at {when}, {duration(difference)} later."]
    return "later", [f"{code} is free at {when}, but the room chosen fits this exam better."]


def _plain(value: Any) -> Any:  # noqa: ANN401 - walks whatever the facts hold
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(_plain(item) for item in value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value
