"""What is known of a pregnancy, and for how long an answer holds."""

from datetime import datetime, timedelta
from enum import StrEnum

from worklist.rules.common import age_in_years
from worklist.rules.facts import PatientFacts
from worklist.rules.findings import values
from worklist.rules.thresholds import Thresholds


class PregnancyState(StrEnum):
    """What the rules may take for granted."""

    PREGNANT = "pregnant"
    NOT_PREGNANT = "not_pregnant"
    UNKNOWN = "unknown"
    NOT_POSSIBLE = "not_possible"


def weeks_now(patient: PatientFacts, now: datetime) -> int | None:
    """Return the completed weeks of the known pregnancy, None where they were not given."""
    answer = patient.pregnancy
    if answer is None or not answer.pregnant or answer.weeks is None:
        return None
    return answer.weeks + (now - answer.observed_at) // timedelta(weeks=1)


def found(patient: PatientFacts) -> tuple[str, ...]:
    """Return the newest answer as values; the weeks that pass meanwhile are not a new answer."""
    answer = patient.pregnancy
    if answer is None:
        return ()
    return values(answer.pregnant, answer.weeks, answer.observed_at)


def state(patient: PatientFacts, thresholds: Thresholds, now: datetime) -> PregnancyState:
    """Return what holds now.

    "Yes" holds until the pregnancy must be over, "no" for the days that the department allows.
    Without an answer, only a known male sex or an age outside the limits rules a pregnancy out.
    """
    answer = patient.pregnancy
    if answer is not None and _holds(patient, thresholds, now):
        return PregnancyState.PREGNANT if answer.pregnant else PregnancyState.NOT_PREGNANT
    age = age_in_years(patient, now)
    possible_age = (
        age is None or thresholds.pregnancy_age_from <= age <= thresholds.pregnancy_age_to
    )
    if patient.sex == "M" or not possible_age:
        return PregnancyState.NOT_POSSIBLE
    return PregnancyState.UNKNOWN


def is_pregnant(patient: PatientFacts, thresholds: Thresholds, now: datetime) -> bool:
    """Return whether the patient is known to be pregnant now."""
    return state(patient, thresholds, now) is PregnancyState.PREGNANT


def _holds(patient: PatientFacts, thresholds: Thresholds, now: datetime) -> bool:
    answer = patient.pregnancy
    if answer is None:
        return False
    age = now - answer.observed_at
    if not answer.pregnant:
        return age <= timedelta(days=thresholds.pregnancy_answer_valid_days)
    return age <= timedelta(weeks=thresholds.pregnancy_weeks_longest - (answer.weeks or 0))
