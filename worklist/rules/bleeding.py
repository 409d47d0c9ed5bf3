"""The rule for interventions that can bleed."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from worklist.rules import sources
from worklist.rules.common import day, is_emergency
from worklist.rules.facts import ExamFacts, Measurement, PatientFacts
from worklist.rules.findings import Finding, Hold, Role, Warn
from worklist.rules.rule import exam_rule
from worklist.rules.thresholds import Thresholds


@exam_rule("SQ-04", effects=(Hold, Warn), sources=(sources.SIR,))
def bleeding(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, now: datetime
) -> Iterable[Finding]:
    """An intervention: clotting is known and good enough for its risk, blood thinners pause.

    Of low risk, blood thinners go on and no laboratory value is asked for.
    """
    if not exam.bleeding_risk:
        return
    high = exam.bleeding_risk == "high"
    source = sources.SIR
    problems = list(_out_of_limits(patient, thresholds, high=high))
    thinned = "anticoagulant" in patient.medications
    if thinned and not high:
        text = "The patient takes a blood thinner; for a low risk of bleeding it goes on."
        yield Warn(rule="SQ-04", text=text, source=source)
    if thinned and high:
        problems.append("The patient takes a blood thinner and has an intervention.")
    missing = list(_missing(patient, thresholds, now)) if high else []
    if is_emergency(exam):
        for text in (*problems, *(words for words, _ in missing)):
            yield Warn(rule="SQ-04", text=f"{text} Tell the radiologist.", source=source)
    elif problems:
        yield Hold(
            rule="SQ-04",
            text=" ".join(problems),
            source=source,
            role=Role.RADIOLOGIST,
            question="What is done about the bleeding risk: which medicine pauses, for how long, "
            "and is anything given before?",
        )
    elif missing:
        words, fact = missing[0]
        yield Hold(
            rule="SQ-04",
            text=f"{words} The intervention has a high risk of bleeding.",
            source=source,
            role=Role.FRONT_DESK,
            question=f"What is the newest {_NAMES[fact]}, and of which day?",
            fact=fact,
        )


_NAMES = {"inr": "INR", "platelets": "platelet count"}


def _out_of_limits(patient: PatientFacts, thresholds: Thresholds, *, high: bool) -> Iterator[str]:
    inr = thresholds.inr_limit_high_risk if high else thresholds.inr_limit_low_risk
    least = thresholds.platelets_limit_high_risk if high else thresholds.platelets_limit_low_risk
    if patient.inr and patient.inr.number > inr:
        yield (
            f"INR is {patient.inr.number:g} ({day(patient.inr.observed_at)}), more than {inr:g}."
        )
    if patient.platelets and patient.platelets.number < least:
        yield (
            f"Platelets are {patient.platelets.number:g} ({day(patient.platelets.observed_at)}), "
            f"fewer than {least:g}."
        )


def _missing(
    patient: PatientFacts, thresholds: Thresholds, now: datetime
) -> Iterator[tuple[str, str]]:
    known: dict[str, Measurement | None] = {"inr": patient.inr, "platelets": patient.platelets}
    days = thresholds.coagulation_valid_days
    for fact, value in known.items():
        name = _NAMES[fact]
        if value is None:
            yield f"The {name} is not known.", fact
        elif now - value.observed_at > timedelta(days=days):
            yield f"The {name} of {day(value.observed_at)} is too old ({days} days allowed).", fact
