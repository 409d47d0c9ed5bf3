"""OBX, AL1, DG1 and PV1-15 to clinical facts that the rules read."""

import re
from dataclasses import replace
from datetime import datetime
from itertools import takewhile

from worklist.hl7 import values
from worklist.hl7.content import Origin
from worklist.hl7.message import Message, Segment
from worklist.language.text import _
from worklist.patients.details import FactDetails, FactStatus
from worklist.patients.models import FactKind, FactOrigin

# LOINC.
_KINDS = {
    "29463-7": FactKind.WEIGHT,
    "3141-9": FactKind.WEIGHT,
    "8302-2": FactKind.HEIGHT,
    "2160-0": FactKind.CREATININE,
    "14682-9": FactKind.CREATININE,
    "33914-3": FactKind.EGFR,
    "48642-3": FactKind.EGFR,
    "62238-1": FactKind.EGFR,
    "98979-8": FactKind.EGFR,
    "69405-9": FactKind.EGFR,
    "2339-0": FactKind.GLUCOSE,
    "2345-7": FactKind.GLUCOSE,
    "14749-6": FactKind.GLUCOSE,
    "6301-6": FactKind.INR,
    "34714-6": FactKind.INR,
    "38875-1": FactKind.INR,
    "777-3": FactKind.PLATELETS,
    "26515-7": FactKind.PLATELETS,
    "82810-3": FactKind.PREGNANCY,
    "11449-6": FactKind.PREGNANCY,
    "2106-3": FactKind.PREGNANCY,
    "2118-8": FactKind.PREGNANCY,
}
# Names that IHE and sites use instead of a code (IHE RAD TF-2 table B-1: Body Weight, Body Height).
_KINDS_BY_TEXT = {
    "body weight": FactKind.WEIGHT,
    "weight": FactKind.WEIGHT,
    "body height": FactKind.HEIGHT,
    "height": FactKind.HEIGHT,
    "creatinine": FactKind.CREATININE,
    "egfr": FactKind.EGFR,
    "glucose": FactKind.GLUCOSE,
    "inr": FactKind.INR,
    "platelets": FactKind.PLATELETS,
    "pregnancy test": FactKind.PREGNANCY,
    "pregnancy status": FactKind.PREGNANCY,
}
# Factor to the unit in which the fact is kept. Creatinine 113.12 g/mol, glucose 180.16 g/mol.
_FACTORS = {
    FactKind.WEIGHT: {"kg": 1.0, "g": 0.001, "lb": 0.45359237, "[lb_av]": 0.45359237},
    FactKind.HEIGHT: {"cm": 1.0, "m": 100.0, "mm": 0.1, "in": 2.54, "[in_i]": 2.54},
    FactKind.CREATININE: {"mg/dl": 1.0, "umol/l": 1 / 88.42, "mmol/l": 1000 / 88.42},
    FactKind.GLUCOSE: {"mg/dl": 1.0, "mmol/l": 18.016},
    FactKind.INR: {"": 1.0, "1": 1.0, "{inr}": 1.0, "inr": 1.0},
    FactKind.PLATELETS: dict.fromkeys(
        ("10*9/l", "10*3/ul", "10^9/l", "10^3/ul", "g/l", "k/ul", "x10e3/ul"), 1.0
    ),
}
_ANSWERS = {
    "y": True, "yes": True, "pos": True, "positive": True, "pregnant": True,
    "77386006": True, "la15173-0": True, "la6576-8": True, "10828004": True,
    "n": False, "no": False, "neg": False, "negative": False, "not pregnant": False,
    "60001007": False, "la26683-5": False, "la6577-6": False, "260385009": False,
}  # fmt: skip
# HL7 table 0085: I, N, O and X are not results; C corrects, D and W take back.
_NOT_A_RESULT = frozenset({"I", "N", "O", "X"})
_REVISIONS = {
    "C": FactStatus.CORRECTED,
    "D": FactStatus.TAKEN_BACK,
    "W": FactStatus.TAKEN_BACK,
}
# ICD-10, the longest beginning that fits.
_CONDITIONS = {
    **dict.fromkeys(("E10", "E11", "E12", "E13", "E14"), "diabetes"),
    "N18": "kidney_disease",
    **dict.fromkeys(("I10", "I11", "I12", "I13", "I15"), "hypertension"),
    "E05": "hyperthyroidism",
    "G700": "myasthenia_gravis",
    **dict.fromkeys(("C741", "E275"), "phaeochromocytoma"),
    **dict.fromkeys(("D470", "Q822"), "mastocytosis"),
    "F40240": "claustrophobia",
    "Z905": "single_kidney",
    "Z391": "breastfeeding",
}
_SEVERITIES = {"SV": "severe", "MO": "moderate", "MI": "mild"}
_GADOLINIUM = re.compile(r"gado|gadavist|magnevist|dotarem|prohance|\bmr contrast")
# SNOMED CT: no known allergy, no known drug allergy.
_NONE_KNOWN = re.compile(r"\b(no known|none known|nkd?a|716186003|409137002)\b")
_SUBJECT_LENGTH = 64
_IODINATED = re.compile(
    r"iodinated|contrast|io(hex|pam|prom|mepr|ver|dix|bitrid|xagl|xitalam)|omnipaque|visipaque"
    r"|ultravist|isovue|optiray|iomeron|radiographic dye|x-?ray dye"
)


def clinical_facts(
    message: Message, origin: Origin, *, from_: FactOrigin = FactOrigin.ORDER
) -> tuple[list[FactDetails], list[str]]:
    """Return the facts that a message tells, and remarks on what was not taken."""
    facts: list[FactDetails] = []
    remarks: list[str] = []
    for obx in message.all("OBX"):
        kind, status = _kind(obx), obx.text(11).upper()
        if kind is None or status in _NOT_A_RESULT:
            continue
        value = _value(obx, kind)
        if value is None:
            remarks.append(
                _(
                    "%(at)s: %(kind)s not taken, its value or unit is not understood.",
                    at=obx.at(5).spoken,
                    kind=kind,
                )
            )
        else:
            when = _observed_at(message, obx, origin)
            fact = _fact(kind, value, when, from_=from_)
            facts.append(replace(fact, status=_REVISIONS.get(status, FactStatus.TOLD)))
    facts += _pregnancy(message, origin)
    facts += [fact for al1 in message.all("AL1") for fact in _allergies(al1, origin)]
    facts += [fact for dg1 in message.all("DG1") for fact in _condition(dg1, origin)]
    return facts, remarks


def _fact(
    kind: FactKind,
    value: dict[str, object],
    observed_at: datetime,
    subject: str = "",
    *,
    from_: FactOrigin = FactOrigin.ORDER,
) -> FactDetails:
    return FactDetails(
        kind=kind, value=value, observed_at=observed_at, origin=from_, subject=subject
    )


def _observed_at(message: Message, obx: Segment, origin: Origin) -> datetime:
    """Read OBX-14, else the OBR's OBR-7 in whose group the OBX stands, else when it was sent."""
    own = values.optional_timestamp(obx, 14, origin.zone)
    if own is not None:
        return own
    before = takewhile(lambda one: one is not obx, message.segments)
    obr = next((one for one in reversed(list(before)) if one.name == "OBR"), None)
    return values.optional_timestamp(obr, 7, origin.zone) or origin.time


def _condition(dg1: Segment, origin: Origin) -> list[FactDetails]:
    code = (dg1.text(3) or dg1.text(3, 4)).upper().replace(".", "")
    name = next((_CONDITIONS[code[:n]] for n in range(len(code), 2, -1) if code[:n] in _CONDITIONS),
                None)  # fmt: skip
    if name is None:
        return []
    when = values.optional_timestamp(dg1, 5, origin.zone) or origin.time
    return [_fact(FactKind.CONDITION, {}, when, name)]


def _kind(obx: Segment) -> FactKind | None:
    code = obx.repetition(3)
    for position in (1, 4):
        if kind := _KINDS.get(code.text(position)):
            return kind
    texts = (code.text(position).lower() for position in (1, 2, 5))
    return next((_KINDS_BY_TEXT[text] for text in texts if text in _KINDS_BY_TEXT), None)


def _value(obx: Segment, kind: FactKind) -> dict[str, object] | None:
    if kind is FactKind.PREGNANCY:
        words = (obx.text(5, position).lower() for position in (1, 2))
        answer = next((_ANSWERS[word] for word in words if word in _ANSWERS), None)
        return None if answer is None else {"answer": answer}
    # An SN is comparator, number: >^60.
    text = obx.text(5, 2) if obx.text(2) == "SN" else obx.text(5)
    measured, factor = values.number(text), _factor(obx, kind)
    if not measured or factor is None:
        return None
    return {"number": round(measured * factor, 3)}


def _factor(obx: Segment, kind: FactKind) -> float | None:
    unit = obx.text(6).lower().replace("µ", "u").replace("μ", "u")
    if kind is FactKind.EGFR:
        return 1.0 if not unit or unit.startswith("ml/min") else None
    return _FACTORS[kind].get(unit)


def _pregnancy(message: Message, origin: Origin) -> list[FactDetails]:
    """Read PV1-15, ambulatory status: B6 is pregnant (HL7 table 0009)."""
    visit = message.first("PV1")
    if visit is None or all(one.text(1) != "B6" for one in visit.repetitions(15)):
        return []
    return [_fact(FactKind.PREGNANCY, {"answer": True}, origin.time)]


def _allergies(al1: Segment, origin: Origin) -> list[FactDetails]:
    """Return the reaction to a contrast medium or the other allergy; nothing for *none known*."""
    words = " ".join(al1.text(3, position) for position in (1, 2, 5)).lower()
    substance = (al1.text(3, 2) or al1.text(3) or al1.text(3, 5))[:_SUBJECT_LENGTH]
    if not substance or _NONE_KNOWN.search(words):
        return []
    kind, subject = FactKind.CONTRAST_REACTION, "iodinated"
    if _GADOLINIUM.search(words):
        subject = "gadolinium"
    elif not _IODINATED.search(words):
        kind, subject = FactKind.ALLERGY, substance
    severity = _SEVERITIES.get(al1.text(4).upper(), "unknown")
    when = values.optional_timestamp(al1, 6, origin.zone) or origin.time
    return [_fact(kind, {"severity": severity}, when, subject)]
