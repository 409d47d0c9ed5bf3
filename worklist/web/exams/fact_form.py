"""The fields that a kind of clinical fact asks for, reading them, and telling a fact in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from werkzeug.datastructures import MultiDict

from worklist.errors import DomainError
from worklist.language.text import Text, _, code, joined
from worklist.orders.models import ExamHold, ScheduledProcedureStep
from worklist.patients.details import FactDetails, FactStatus
from worklist.patients.facts import UNITS
from worklist.patients.models import ClinicalFact, FactKind, FactOrigin
from worklist.web import context
from worklist.web.body_parts import meaning

_YES_NO = {
    FactKind.PREGNANCY: _("Pregnant"),
    FactKind.ACUTE_KIDNEY_INJURY: _("Acute kidney injury"),
    FactKind.DIALYSIS: _("On dialysis"),
    FactKind.MR_SCREENING: _("MR screening done"),
    FactKind.METAL_EYE_INJURY: _("Eye injury by metal"),
    FactKind.CONTRAST_SCREENING: _("Contrast screening done"),
}
_WORDS = frozenset(
    {
        FactKind.CONDITION,
        FactKind.MEDICATION,
        FactKind.NEED,
        FactKind.ISOLATION,
        FactKind.TREATMENT,
        FactKind.ALLERGY,
    }
)
_DAYS = frozenset({FactKind.LAST_PERIOD, FactKind.PREMEDICATION})
NAMES = {
    FactKind.EGFR: "eGFR",
    FactKind.CREATININE: _("Creatinine"),
    FactKind.GLUCOSE: _("Glucose"),
    FactKind.WEIGHT: _("Weight"),
    FactKind.HEIGHT: _("Height"),
    FactKind.CONTRAST_REACTION: _("Contrast reaction"),
    FactKind.ALLERGY: _("Allergy"),
    FactKind.IMPLANT: _("Implant"),
    FactKind.CONDITION: _("Condition"),
    FactKind.MEDICATION: _("Medicine"),
    FactKind.NEED: _("Need"),
    FactKind.ISOLATION: _("Isolation"),
    FactKind.GIRTH: _("Girth"),
    FactKind.INR: "INR",
    FactKind.PLATELETS: _("Platelets"),
    FactKind.TREATMENT: _("Treatment, last day"),
    FactKind.LAST_PERIOD: _("Last period, first day"),
    FactKind.PREMEDICATION: _("Premedication, first dose"),
    **_YES_NO,
}


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit on an implant's label: up to so many of a unit."""

    name: str
    unit: str


LIMITS: Mapping[str, Limit] = {
    "sar_w_kg": Limit(_("whole-body SAR"), "W/kg"),
    "b1_rms_ut": Limit("B1+rms", "µT"),
    "slew_rate_t_m_s": Limit(_("slew rate"), "T/m/s"),
    "spatial_gradient_t_m": Limit(_("spatial gradient"), "T/m"),
}


@dataclass(frozen=True, slots=True)
class FactForm:
    """Which fields a form shows: ``shape`` is quantity, yes_no, reaction, implant, word or day."""

    kind: FactKind
    name: str
    shape: str
    unit: str = ""

    @property
    def limits(self) -> Mapping[str, Limit]:
        """The limits that an implant's label may name."""
        return LIMITS


def form_of(kind: str) -> FactForm:
    """Return the form for a kind of fact.

    Raises:
        DomainError: there is no such kind.
    """
    try:
        known = FactKind(kind)
    except ValueError as error:
        raise DomainError(_("There is no kind of fact %(kind)s.", kind=repr(kind))) from error
    return FactForm(known, NAMES[known], _shape(known), UNITS.get(known, ""))


def known_value(exam: ScheduledProcedureStep, hold: ExamHold) -> Mapping[str, Any]:
    """Return what is known by now of that which a question is about, so that nothing gets lost."""
    if not hold.subject:
        return {}
    of_subject = [
        one
        for one in exam.patient.facts
        if one.kind == hold.fact and one.subject == hold.subject and one.ended_at is None
    ]
    return max(of_subject, key=lambda one: one.observed_at).value if of_subject else {}


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
        "word": lambda _fields: {},
        "day": lambda _fields: {},
    }
    return FactDetails(
        kind=form.kind,
        subject=_subject(form, fields),
        value=readers[form.shape](fields),
        observed_at=_observed_at(fields),
        origin=FactOrigin.DESK,
        # A second answer of the same day replaces the first, so that a slip can be mended.
        status=FactStatus.CORRECTED,
    )


def fact_text(fact: ClinicalFact) -> Text:
    """Return the fact without its date: ``eGFR 58 mL/min/1.73 m²``."""
    name, value = NAMES[fact.kind], fact.value
    if fact.kind in UNITS:
        unit = "" if fact.kind is FactKind.INR else UNITS[fact.kind]
        return joined(list(filter(None, [name, f"{value['number']:g}", unit])), " ")
    if fact.kind in _YES_NO:
        parts = [_("yes") if value["answer"] else _("no")]
        if value.get("weeks"):
            parts.append(_("week %(number)s", number=value["weeks"]))
        return _with_name(name, parts)
    if fact.kind in {FactKind.CONTRAST_REACTION, FactKind.ALLERGY}:
        return _with_name(name, [code(fact.subject), code(value["severity"])])
    if fact.kind is FactKind.IMPLANT:
        safety = _("MR %(safety)s", safety=code(value["safety"]))
        return _with_name(name, [code(fact.subject), safety, *_card(value)])
    if fact.kind in _DAYS:
        return joined([name])
    return _with_name(name, [code(fact.subject)])


def _with_name(name: str, parts: list[Text]) -> Text:
    return joined([name, joined(parts)], ": ")


def entry_text(entry: Mapping[str, Any]) -> Text:
    """Return a fact as an explanation keeps it: ``eGFR 58 mL/min/1.73 m²``."""
    return fact_text(
        ClinicalFact(kind=FactKind(entry["kind"]), subject=entry["subject"], value=entry["value"])
    )


def _card(value: dict[str, Any]) -> list[Text]:
    tesla = joined([f"{one:g} T" for one in value.get("conditional_tesla", ())], " / ")
    seen = [_("card seen")] if value.get("card_seen") else []
    parts = joined([meaning(one) for one in value.get("excluded_parts") or ()])
    barred = [_("no MR of: %(parts)s", parts=parts)] if parts else []
    limits = [
        joined([_("%(name)s up to", name=one.name), f"{value[key]:g}", one.unit], " ")
        for key, one in LIMITS.items()
        if value.get(key) is not None
    ]
    return [*([_("at %(tesla)s", tesla=tesla)] if tesla else []), *limits, *barred, *seen]


def _shape(kind: FactKind) -> str:
    if kind in UNITS:
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
        raise DomainError(_("%(name)s: say which one.", name=form.name))
    return subject


def _quantity(fields: Mapping[str, str]) -> dict[str, Any]:
    return {"number": _number(fields.get("number", ""))}


def _number(given: str) -> float:
    text = given.strip().replace(",", ".")
    try:
        return float(text)
    except ValueError as error:
        raise DomainError(
            _("%(text)s is not a number: write it as 58 or 1.2.", text=repr(text))
        ) from error


def _yes_no(fields: Mapping[str, str]) -> dict[str, Any]:
    answer = fields.get("answer")
    if answer not in {"yes", "no"}:
        raise DomainError(_("Choose yes or no."))
    weeks = fields.get("weeks", "").strip()
    if weeks and not weeks.isdigit():
        raise DomainError(_("%(weeks)s is not a number of weeks.", weeks=repr(weeks)))
    return {"answer": answer == "yes"} | ({"weeks": int(weeks)} if weeks else {})


def _reaction(fields: Mapping[str, str]) -> dict[str, Any]:
    return {"severity": fields.get("severity", "unknown")}


def _implant(fields: Mapping[str, str]) -> dict[str, Any]:
    tesla = [one for one in ("1.5", "3") if fields.get(f"tesla_{one}")]
    parts = fields.getlist("excluded_parts") if isinstance(fields, MultiDict) else ()
    return {
        "safety": fields.get("safety", "unknown"),
        "conditional_tesla": [float(one) for one in tesla],
        "excluded_parts": list(dict.fromkeys(parts)),
        "cardiac": bool(fields.get("cardiac")),
        "card_seen": bool(fields.get("card_seen")),
    } | {name: _number(fields[name]) for name in LIMITS if fields.get(name, "").strip()}


def _observed_at(fields: Mapping[str, str]) -> datetime:
    """Read the day it was observed; today means now, an earlier day its noon."""
    text = fields.get("observed_on", "").strip()
    now = context.now()
    if not text:
        return now
    try:
        observed = datetime.fromisoformat(text).date()
    except ValueError as error:
        raise DomainError(
            _("%(text)s is not a day: write it as 2026-11-25.", text=repr(text))
        ) from error
    today = context.today()
    if observed > today:
        raise DomainError(_("%(text)s is in the future: give the day of the result.", text=text))
    if observed == today:
        return now
    return datetime.combine(observed, time(12), tzinfo=context.zone())
