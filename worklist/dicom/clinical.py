"""What the worklist tells a scanner of the patient's clinical facts."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from worklist.patients.models import FactKind

if TYPE_CHECKING:
    from worklist.dicom.entry import Entry

# Pregnancy Status (PS3.3 Table C.7-4b): a value is only sent while an answer holds.
_NOT_PREGNANT, _DEFINITELY_PREGNANT = 1, 3
_CENTIMETRES = 100
_YES_NO_ALERTS = {
    FactKind.ACUTE_KIDNEY_INJURY: "Acute kidney injury",
    FactKind.DIALYSIS: "Dialysis",
    FactKind.METAL_EYE_INJURY: "Eye injury by metal",
}


def weight(entry: "Entry") -> str:
    """Patient's Weight in kilograms."""
    return _number(entry, FactKind.WEIGHT, 1)


def size(entry: "Entry") -> str:
    """Patient's Size in metres."""
    return _number(entry, FactKind.HEIGHT, _CENTIMETRES)


def pregnancy_status(entry: "Entry") -> int | None:
    """Pregnancy Status, None where no answer holds at the time of the exam."""
    fact = next(iter(_of_kind(entry, FactKind.PREGNANCY)), None)
    if fact is None:
        return None
    age = entry.starts_at - datetime.fromisoformat(fact["observed_at"])
    thresholds = entry.thresholds
    if fact["value"]["answer"]:
        rest = timedelta(
            weeks=thresholds.pregnancy_weeks_longest - (fact["value"].get("weeks") or 0)
        )
        return _DEFINITELY_PREGNANT if age <= rest else None
    holds = age <= timedelta(days=thresholds.pregnancy_answer_valid_days)
    return _NOT_PREGNANT if holds else None


def allergies(entry: "Entry") -> list[str]:
    """Allergies: former reactions to contrast media with their severity, then all others."""
    reactions = [
        f"{fact['subject'] or 'Contrast'} contrast reaction: {fact['value']['severity']}"
        for fact in _of_kind(entry, FactKind.CONTRAST_REACTION)
    ]
    return [*reactions, *(fact["subject"] for fact in _of_kind(entry, FactKind.ALLERGY))]


def alerts(entry: "Entry") -> list[str]:
    """Medical Alerts: implants, kidneys, conditions and isolation."""
    implants = [
        f"Implant: {fact['subject']} (MR {fact['value']['safety']})"
        for fact in _of_kind(entry, FactKind.IMPLANT)
    ]
    answers = [
        words
        for kind, words in _YES_NO_ALERTS.items()
        if any(fact["value"]["answer"] for fact in _of_kind(entry, kind))
    ]
    kidneys = [
        f"eGFR {fact['value']['number']:g} mL/min/1.73 m2"
        for fact in _of_kind(entry, FactKind.EGFR)
        if fact["value"]["number"] < entry.thresholds.egfr_low
    ]
    conditions = [fact["subject"] for fact in _of_kind(entry, FactKind.CONDITION)]
    isolation = [f"Isolation: {fact['subject']}" for fact in _of_kind(entry, FactKind.ISOLATION)]
    return [*implants, *answers, *kidneys, *conditions, *isolation]


def needs(entry: "Entry") -> str:
    """Special Needs, as one line."""
    return ", ".join(fact["subject"] for fact in _of_kind(entry, FactKind.NEED))


def _of_kind(entry: "Entry", kind: FactKind) -> Iterable[dict[str, Any]]:
    return (fact for fact in entry.facts if fact["kind"] == kind)


def _number(entry: "Entry", kind: FactKind, divisor: int) -> str:
    fact = next(iter(_of_kind(entry, kind)), None)
    return f"{fact['value']['number'] / divisor:.10g}" if fact else ""
