"""Rules for nuclear medicine and PET.

The uptake itself is a phase of the procedure in the catalogue, not a rule.
"""

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise

from worklist.rules import sources
from worklist.rules.common import is_emergency, is_nuclear
from worklist.rules.facts import ExamFacts, PatientFacts, Thresholds
from worklist.rules.findings import Finding, Hold, Role, Warn

_FDG = ("fdg", "fludeoxyglucose")
_STOP = "stops for good"
_UNTIL_ASKED = "stops until the nuclear physician allows it"
# Nuclide in any spelling of mass and symbol: what the guideline says about breastfeeding.
_BREASTFEEDING = {
    ("131", "i"): _STOP,
    ("177", "lu"): _STOP,
    ("67", "ga"): "stops for 28 days",
    ("89", "zr"): "stops for 28 days",
    ("111", "in"): "stops for 6 days",
    ("201", "tl"): "stops for 4 days",
    ("123", "i"): "stops for 3 days",
    ("99m", "tc"): "stops for 24 hours",
    ("18", "f"): "stops for 4 hours",
    ("68", "ga"): "stops for 4 hours",
    ("13", "n"): "stops for 1 hour",
    ("82", "rb"): "need not stop",
}


def fdg(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """NM-01: FDG: fasting, blood glucose, and the morning for patients with diabetes."""
    tracer = (exam.radiopharmaceutical or "").casefold()
    if not any(name in tracer for name in _FDG):
        return
    yield Warn(
        rule="NM-01",
        text=f"Nothing but water for {thresholds.fdg_fasting_hours} hours before the tracer.",
        source=sources.SNMMI_FDG,
    )
    if "diabetes" in patient.conditions:
        yield Warn(
            rule="NM-01",
            text="The patient has diabetes: book the morning and measure glucose on arrival.",
            source=sources.SNMMI_FDG,
        )
    glucose, limit = patient.glucose_mg_dl, thresholds.glucose_limit_mg_dl
    if glucose is not None and glucose > limit:
        yield Hold(
            rule="NM-01",
            text=f"Blood glucose is {glucose:g} mg/dL (more than {limit:g}).",
            source=sources.SNMMI_FDG,
            role=Role.NUCLEAR_PHYSICIAN,
            question="What is the newest glucose, or does the exam go on all the same?",
            fact="glucose",
        )


def breastfeeding(
    patient: PatientFacts, exam: ExamFacts, _thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """NM-06: breastfeeding after a tracer; a tracer that ends it needs the nuclear physician."""
    if not is_nuclear(exam) or "breastfeeding" not in patient.conditions:
        return
    advice = _breastfeeding_advice(exam.radiopharmaceutical or "")
    tracer = exam.radiopharmaceutical or "the tracer"
    text = f"Breastfeeding {advice} after {tracer}."
    if advice in {_STOP, _UNTIL_ASKED} and not is_emergency(exam):
        yield Hold(
            rule="NM-06",
            text=text,
            source=sources.NRC_BREASTFEEDING,
            role=Role.NUCLEAR_PHYSICIAN,
            question="Is this tracer needed now, and what is the mother told?",
        )
    else:
        yield Warn(rule="NM-06", text=text, source=sources.NRC_BREASTFEEDING)


def _breastfeeding_advice(tracer: str) -> str:
    words = "".join(sign if sign.isalnum() else " " for sign in tracer.casefold()).split()
    pairs = set(pairwise(words))
    for (mass, symbol), advice in _BREASTFEEDING.items():
        spelt = {(mass, symbol), (symbol, mass)}
        if spelt & pairs or {mass + symbol, symbol + mass} & set(words):
            return advice
    return _UNTIL_ASKED
