"""The fields that a kind of clinical fact asks for, reading them, and telling a fact in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from worklist.errors import DomainError
from worklist.patients.details import FactDetails
from worklist.patients.models import ClinicalFact, FactKind, FactOrigin
from worklist.web import context

_UNITS = {
    FactKind.EGFR: "mL/min/1.73 m²",
    FactKind.CREATININE: "mg/dL",
    FactKind.GLUCOSE: "mg/dL",
    FactKind.WEIGHT: "kg",
    FactKind.HEIGHT: "cm",
    FactKind.GIRTH: "cm",
    FactKind.INR: "ratio",
    FactKind.PLATELETS: "10⁹/L",
}
_YES_NO = {
    FactKind.PREGNANCY: "Pregnant",
    FactKind.ACUTE_KIDNEY_INJURY: "Acute kidney injury",
    FactKind.DIALYSIS: "On dialysis",
    FactKind.MR_SCREENING: "MR screening done",
    FactKind.METAL_EYE_INJURY: "Eye injury by metal",
    FactKind.CONTRAST_SCREENING: "Contrast screening done",
}
_WORDS = frozenset(
    {
        FactKind.CONDITION,
        FactKind.MEDICATION,
        FactKind.NEED,
        FactKind.ISOLATION,
        FactKind.TREATMENT,
    }
)
_DAYS = frozenset({FactKind.LAST_PERIOD, FactKind.PREMEDICATION})
NAMES = {
    FactKind.EGFR: "eGFR",
    FactKind.CREATININE: "Creatinine",
    FactKind.GLUCOSE: "Glucose",
    FactKind.WEIGHT: "Weight",
    FactKind.HEIGHT: "Height",
    FactKind.CONTRAST_REACTION: "Contrast reaction",
    FactKind.IMPLANT: "Implant",
    FactKind.CONDITION: "Condition",
    FactKind.MEDICATION: "Medicine",
    FactKind.NEED: "Need",
    FactKind.ISOLATION: "Isolation",
    FactKind.GIRTH: "Girth",
    FactKind.INR: "INR",
    FactKind.PLATELETS: "Platelets",
    FactKind.TREATMENT: "Treatment, last day",
    FactKind.LAST_PERIOD: "Last period, first day",
    FactKind.PREMEDICATION: "Premedication, first dose",
    **_YES_NO,
}


@dataclass(frozen=True, slots=True)
class FactForm:
    """Which fields a form shows: ``shape`` is quantity, yes_no, reaction, implant, word or day."""

    kind: FactKind
    name: str
    shape: str
    unit: str = ""


def form_of(kind: str) -> FactForm:
    """Return the form for a kind of fact.

    Raises:
        DomainError: there is no such kind.
    """
    try:
        known = FactKind(kind)
    except ValueError as error:
        raise DomainError(f"There is no kind of fact {kind!r}.") from error
    return FactForm(known, NAMES[known], _shape(known), _UNITS.get(known, ""))


def read(kind: str, fields: Mapping[str, str]) -> FactDetails:
    """Return the fact that a form says.

    Raises:
        DomainError: a field is missing or cannot be read; the text names it.
    """
    form = form_of(kind)
    readers: dict[str, Callable[[Mapping[str, str]], dict[str, Any]]] = {
        "quantity": _quantity,
        "yes_no": _yes_no,
        "reaction": _reaction,
        "implant": _implant,
        "word": lambda _: {},
        "day": lambda _: {},
    }
    return FactDetails(
        kind=form.kind,
        subject=_subject(form, fields),
        value=readers[form.shape](fields),
        observed_at=_observed_at(fields),
        origin=FactOrigin.DESK,
    )


def fact_text(fact: ClinicalFact) -> str:
    """Return the fact without its date: ``eGFR 58 mL/min/1.73 m²``."""
    name, value = NAMES[fact.kind], fact.value
    if fact.kind in _UNITS:
        return f"{name} {value['number']:g} {_UNITS[fact.kind]}"
    if fact.kind in _YES_NO:
        weeks = f", week {value['weeks']}" if value.get("weeks") else ""
        return f"{name}: {'yes' if value['answer'] else 'no'}{weeks}"
    if fact.kind is FactKind.CONTRAST_REACTION:
        return f"{name}: {fact.subject}, {value['severity']}"
    if fact.kind is FactKind.IMPLANT:
        return f"{name}: {fact.subject}, MR {value['safety']}{_card(value)}"
    if fact.kind in _DAYS:
        return name
    return f"{name}: {fact.subject.replace('_', ' ')}"


def entry_text(entry: Mapping[str, Any]) -> str:
    """Return a fact as an explanation keeps it: ``eGFR 58 mL/min/1.73 m²``."""
    return fact_text(
        ClinicalFact(kind=FactKind(entry["kind"]), subject=entry["subject"], value=entry["value"])
    )


def _card(value: dict[str, Any]) -> str:
    tesla = " and ".join(f"{one:g} T" for one in value.get("conditional_tesla", ()))
    return (f" at {tesla}" if tesla else "") + (", card seen" if value.get("card_seen") else "")


def _shape(kind: FactKind) -> str:
    if kind in _UNITS:
        return "quantity"
    if kind in _YES_NO:
        return "yes_no"
    if kind in _WORDS:
        return "word"
    if kind in _DAYS:
        return "day"
    return "reaction" if kind is FactKind.CONTRAST_REACTION else "implant"


def _subject(form: FactForm, fields: Mapping[str, str]) -> str:
    if form.shape in {"quantity", "yes_no", "day"}:
        return ""
    subject = fields.get("subject", "").strip()
    if not subject:
        raise DomainError(f"{form.name}: say which one.")
    return subject


def _quantity(fields: Mapping[str, str]) -> dict[str, Any]:
    text = fields.get("number", "").strip().replace(",", ".")
    try:
        return {"number": float(text)}
    except ValueError as error:
        raise DomainError(f"{text!r} is no number: write it as 58 or 1.2.") from error


def _yes_no(fields: Mapping[str, str]) -> dict[str, Any]:
    answer = fields.get("answer")
    if answer not in {"yes", "no"}:
        raise DomainError("Choose yes or no.")
    weeks = fields.get("weeks", "").strip()
    if weeks and not weeks.isdigit():
        raise DomainError(f"{weeks!r} is no number of weeks.")
    return {"answer": answer == "yes"} | ({"weeks": int(weeks)} if weeks else {})


def _reaction(fields: Mapping[str, str]) -> dict[str, Any]:
    return {"severity": fields.get("severity", "unknown")}


def _implant(fields: Mapping[str, str]) -> dict[str, Any]:
    tesla = [one for one in ("1.5", "3") if fields.get(f"tesla_{one}")]
    return {
        "safety": fields.get("safety", "unknown"),
        "conditional_tesla": [float(one) for one in tesla],
        "cardiac": bool(fields.get("cardiac")),
        "card_seen": bool(fields.get("card_seen")),
    }


def _observed_at(fields: Mapping[str, str]) -> datetime:
    """Read the day it was observed; today means now, an earlier day its noon."""
    text = fields.get("observed_on", "").strip()
    now = context.now()
    if not text:
        return now
    try:
        observed = datetime.fromisoformat(text).date()
    except ValueError as error:
        raise DomainError(f"{text!r} is no day: write it as 2026-11-25.") from error
    today = now.astimezone(context.zone()).date()
    if observed > today:
        raise DomainError(f"{text} is in the future: give the day of the result.")
    if observed == today:
        return now
    return datetime.combine(observed, time(12), tzinfo=context.zone())
