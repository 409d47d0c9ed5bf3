"""The rule for interventions that can bleed."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from worklist.language.text import _
from worklist.rules import sources
from worklist.rules.common import day, is_emergency
from worklist.rules.facts import ExamFacts, Measurement, PatientFacts
from worklist.rules.findings import Finding, Hold, Role, Warn, values
from worklist.rules.rule import exam_rule
from worklist.rules.thresholds import Thresholds

_NAMES = {"inr": "INR", "platelets": _("platelet count")}


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
    problems, found = _out_of_limits(patient, thresholds, high=high)
    thinned = "anticoagulant" in patient.medications
    if thinned and not high:
        text: str = _("The patient takes a blood thinner; for a low risk of bleeding it goes on.")
        yield Warn(rule="SQ-04", text=text, source=sources.SIR)
    if thinned and high:
        problems.append(_("The patient takes a blood thinner and has an intervention."))
        found += values("anticoagulant")
    missing = list(_missing(patient, thresholds, now)) if high else []
    if is_emergency(exam):
        for words in (*problems, *(words for words, *_ in missing)):
            told = _("%(text)s Tell the radiologist.", text=words)
            yield Warn(rule="SQ-04", text=told, source=sources.SIR)
        return
    if problems:
        yield _question_of_risk(problems, found)
    for words, fact, observed_at in missing:
        yield _question_of_value(words, fact, observed_at)


def _question_of_risk(problems: Iterable[str], found: tuple[str, ...]) -> Hold:
    return Hold(
        rule="SQ-04",
        text=" ".join(problems),
        source=sources.SIR,
        found=found,
        role=Role.RADIOLOGIST,
        question=_(
            "What is done about the bleeding risk: which medicine pauses, for how long, "
            "and is anything given before?"
        ),
    )


def _question_of_value(words: str, fact: str, observed_at: datetime | None) -> Hold:
    return Hold(
        rule="SQ-04",
        text=_("%(words)s The intervention has a high risk of bleeding.", words=words),
        source=sources.SIR,
        found=values(observed_at),
        role=Role.FRONT_DESK,
        question=_("What is the newest %(names)s, and of which day?", names=_NAMES[fact]),
        fact=fact,
    )


def _out_of_limits(
    patient: PatientFacts, thresholds: Thresholds, *, high: bool
) -> tuple[list[str], tuple[str, ...]]:
    """Return what speaks against an intervention, in words and as the values that say so."""
    problems: list[str] = []
    found: tuple[str, ...] = ()
    inr = thresholds.inr_limit_high_risk if high else thresholds.inr_limit_low_risk
    least = thresholds.platelets_limit_high_risk if high else thresholds.platelets_limit_low_risk
    if patient.inr and patient.inr.number > inr:
        problems.append(
            _(
                "INR is %(number)s (%(day)s), more than %(inr)s.",
                number=f"{patient.inr.number:g}",
                day=day(patient.inr.observed_at),
                inr=f"{inr:g}",
            )
        )
        found += values("inr", patient.inr.number, patient.inr.observed_at)
    if patient.platelets and patient.platelets.number < least:
        problems.append(
            _(
                "Platelets are %(number)s (%(day)s), fewer than %(least)s.",
                number=f"{patient.platelets.number:g}",
                day=day(patient.platelets.observed_at),
                least=f"{least:g}",
            )
        )
        found += values("platelets", patient.platelets.number, patient.platelets.observed_at)
    return problems, found


def _missing(
    patient: PatientFacts, thresholds: Thresholds, now: datetime
) -> Iterator[tuple[str, str, datetime | None]]:
    """Yield which value is missing: in words, the kind of fact, and when the old one was taken."""
    known: dict[str, Measurement | None] = {"inr": patient.inr, "platelets": patient.platelets}
    days = thresholds.coagulation_valid_days
    for fact, value in known.items():
        name = _NAMES[fact]
        if value is None:
            yield _("The %(name)s is not known.", name=name), fact, None
        elif now - value.observed_at > timedelta(days=days):
            yield (
                _(
                    "The %(name)s of %(day)s is too old (%(days)s days allowed).",
                    name=name,
                    day=day(value.observed_at),
                    days=days,
                ),
                fact,
                value.observed_at,
            )
