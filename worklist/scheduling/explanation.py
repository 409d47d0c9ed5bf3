"""Explain: the room and time chosen, and each room left out, in sentences and as data."""

from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from worklist.language.text import _, joined
from worklist.patients.models import ClinicalFact
from worklist.rules.serialise import to_json
from worklist.scheduling.assessment import Assessment
from worklist.scheduling.candidates import Candidate
from worklist.scheduling.intervals import Interval
from worklist.scheduling.obstacles import before_any_room, before_slot
from worklist.scheduling.score import Score
from worklist.scheduling.search import Found, Scored
from worklist.scheduling.slots import Slot
from worklist.scheduling.wording import duration, moment

_SCORE = tuple(one.name for one in fields(Score))
_AS_IT_IS = frozenset({str, int, float, bool, type(None)})

_PARTS = {
    "waiting": _("for waiting"),
    "fit": _("because the room has what the exam does not need, or lacks what it would like"),
    "fragmentation": _("for leaving a gap that no exam fits into"),
    "time_of_day": _("for a time of day that a rule would rather not have"),
    "visit": _("for having the patient come on a different day from their other exams"),
    "site": _("for sending the patient to a site other than the one they prefer"),
}

_WORSE = {
    "fit": _("its equipment is left to patients who need it"),
    "fragmentation": _("it would leave a gap that no exam fits into"),
    "time_of_day": _("a rule would rather have another time of day"),
    "visit": _("the patient would come on another day than for the other exams"),
    "site": _("it is at another site than the patient prefers"),
}


def explain(
    assessment: Assessment,
    *,
    summary: str,
    found: Found | None,
    chosen: Slot | None,
    wanted_at: datetime | None,
    now: datetime,
) -> dict[str, Any]:
    """Return the explanation that a placement keeps.

    Keys: ``summary``; ``facts`` of patient and exam; ``findings`` of the rules; ``chosen`` with
    room, times, reason and, from a search, the parts of its score in minutes of waiting;
    ``rooms``, each with outcome ``chosen``, ``later``, ``possible`` (as soon, or not looked at) or
    ``left_out``, its earliest slot and the reasons; ``earlier``, sentences on what keeps the exam
    from any room before; ``looked_until``.
    """
    return {
        "summary": summary,
        "facts": {
            "patient": _plain(assessment.patient),
            "exam": _plain(assessment.exam),
            "entries": [_entry(entry) for entry in assessment.entries],
        },
        "findings": [to_json(finding) for finding in assessment.findings],
        "chosen": chosen and _chosen(chosen, found, summary),
        "rooms": [_room(one, assessment, found, chosen) for one in assessment.candidates],
        "earlier": before_any_room(assessment, found, wanted_at, now) if found else [],
        "looked_from": found.earliest.isoformat() if found else None,
        "looked_until": found.looked_until.isoformat() if found else None,
    }


def _chosen(slot: Slot, found: Found | None, summary: str) -> dict[str, Any]:
    scored = found.chosen if found else None
    return {
        "room": slot.room_code,
        "starts_at": slot.starts_at.isoformat(),
        "ends_at": slot.ends_at.isoformat(),
        "reason": summary,
        "score": _parts(scored.score) if scored else None,
        "costs": _costs(scored.score) if scored else [],
    }


def _parts(score: Score) -> dict[str, float]:
    return {name: round(getattr(score, name), 1) for name in _SCORE}


def _costs(score: Score) -> list[str]:
    parts = _parts(score)
    return [
        _("%(parts)s minutes %(words)s", parts=f"{parts[name]:g}", words=words)
        for name, words in _PARTS.items()
        if parts[name]
    ]


def _entry(entry: ClinicalFact) -> dict[str, Any]:
    """Return a clinical fact with its date, where it comes from and who recorded it."""
    return {
        "kind": entry.kind.value,
        "subject": entry.subject,
        "value": entry.value,
        "observed_at": entry.observed_at.isoformat(),
        "origin": entry.origin.value,
        "recorded_by": entry.recorded_by,
    }


def _room(
    candidate: Candidate, assessment: Assessment, found: Found | None, chosen: Slot | None
) -> dict[str, Any]:
    scored = found.first.get(candidate.room.id) if found else None
    outcome, reasons = _verdict(candidate, found, scored, chosen)
    if found and not candidate.obstacles:
        end = scored.slot.starts_at if scored else found.looked_until
        stretch = Interval(found.earliest, end)
        reasons += before_slot(
            candidate.room.id,
            found.windows,
            stretch,
            assessment,
            kept=candidate.room.id in found.kept,
        )
    return {
        "room": candidate.room.code,
        "name": candidate.room.name,
        "outcome": outcome,
        "earliest": scored.slot.starts_at.isoformat() if scored else None,
        "kept": _kept_start(found, candidate),
        "score": _score(candidate, found, scored),
        "reasons": [*reasons, *(candidate.remarks if scored else ())],
    }


def _score(
    candidate: Candidate, found: Found | None, scored: Scored | None
) -> dict[str, float] | None:
    """Return the parts of what the room's first slot costs; of the room chosen, its slot's."""
    if found and found.chosen and found.chosen.slot.room_id == candidate.room.id:
        scored = found.chosen
    return _parts(scored.score) if scored else None


def _verdict(
    candidate: Candidate, found: Found | None, scored: Scored | None, chosen: Slot | None
) -> tuple[str, list[str]]:
    code = candidate.room.code
    if candidate.obstacles:
        return "left_out", list(candidate.obstacles)
    if chosen and chosen.room_id == candidate.room.id:
        return "chosen", _of_chosen(candidate, found, scored, chosen)
    if found is None:
        return "possible", [
            _("%(code)s suits the exam; its free times were not looked at.", code=code)
        ]
    reasons = _kept(found, candidate)
    if scored is None and found.chosen:
        # The walk ended where waiting alone costs more than the slot that was chosen.
        return "possible", [
            *reasons,
            _("%(code)s has no time that is sooner or suits the exam better.", code=code),
        ]
    if scored is None:
        zone = ZoneInfo(candidate.room.resource.site.time_zone)
        until = moment(found.looked_until, zone)
        return "left_out", [
            *reasons,
            _("%(code)s has no free time long enough before %(until)s.", code=code, until=until),
        ]
    is_later = found.chosen and scored.slot.starts_at > found.chosen.slot.starts_at
    outcome = "later" if is_later else "possible"
    return outcome, [*reasons, _compared(candidate, scored, found.chosen)]


def _of_chosen(
    candidate: Candidate, found: Found | None, scored: Scored | None, chosen: Slot
) -> list[str]:
    """Say when the room is free, and why not at a sooner time that it has."""
    when = moment(chosen.starts_at, chosen.zone)
    free = _("%(code)s is free on %(moment)s.", code=chosen.room_code, moment=when)
    if found and scored and scored.slot.starts_at < chosen.starts_at:
        return [free, _compared(candidate, scored, found.chosen)]
    return [free]


def _kept_start(found: Found | None, candidate: Candidate) -> str | None:
    """Return the first slot that was passed over because it is kept for more urgent exams."""
    slot = found.kept.get(candidate.room.id) if found else None
    return slot.starts_at.isoformat() if slot else None


def _kept(found: Found, candidate: Candidate) -> list[str]:
    slot = found.kept.get(candidate.room.id)
    if slot is None:
        return []
    when = moment(slot.starts_at, slot.zone)
    return [
        _(
            "%(room_code)s is kept for more urgent patients on %(when)s.",
            room_code=slot.room_code,
            when=when,
        )
    ]


def _compared(candidate: Candidate, scored: Scored, chosen: Scored | None) -> str:
    """Say when a room is free first, and what the time that was chosen has before that."""
    slot = scored.slot
    when = moment(slot.starts_at, slot.zone)
    if chosen is None:
        return _("%(room_code)s is free on %(when)s.", room_code=slot.room_code, when=when)
    difference = slot.starts_at - chosen.slot.starts_at
    if difference > timedelta(0):
        return _(
            "%(room_code)s is free on %(when)s, %(duration)s later.",
            room_code=slot.room_code,
            when=when,
            duration=duration(difference),
        )
    if scored.score.total == chosen.score.total:
        return _(
            "%(room_code)s is free on %(when)s and as good; the first by name was taken.",
            room_code=slot.room_code,
            when=when,
        )
    why = joined(_drawbacks(candidate, scored.score, chosen.score), _(" and "))
    if not difference:
        return _("%(room_code)s is free then too, but %(why)s.", room_code=slot.room_code, why=why)
    return _(
        "%(room_code)s is free on %(when)s, %(duration)s sooner, but %(why)s.",
        room_code=slot.room_code,
        when=when,
        duration=duration(-difference),
        why=why,
    )


def _drawbacks(candidate: Candidate, score: Score, chosen: Score) -> list[str]:
    """Say in which respects a slot is worse than the one chosen, waiting left aside."""
    own, others = _parts(score), _parts(chosen)
    words = dict(_WORSE)
    if candidate.missed_preferences:
        words["fit"] = _("it lacks equipment that would suit this patient")
    return [text for name, text in words.items() if own[name] > others[name]]


def _plain(value: Any) -> Any:  # noqa: ANN401 - walks whatever the facts hold
    if type(value) in _AS_IT_IS:
        return value
    if is_dataclass(value):
        value = {one.name: getattr(value, one.name) for one in fields(value)}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(_plain(item) for item in value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value
