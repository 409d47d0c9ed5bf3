"""The rule for sedation and anaesthesia."""

from collections.abc import Iterable
from datetime import datetime

from worklist.language.text import _
from worklist.rules import sources
from worklist.rules.facts import ExamFacts, PatientFacts
from worklist.rules.findings import (
    Extend,
    ExtendedPart,
    Finding,
    RequireCapability,
    RequireResource,
    Warn,
)
from worklist.rules.rule import exam_rule
from worklist.rules.thresholds import Thresholds


@exam_rule(
    "MR-08",
    effects=(RequireCapability, RequireResource, Extend, Warn),
    sources=(sources.ASA_FASTING,),
)
def sedation(
    patient: PatientFacts, exam: ExamFacts, thresholds: Thresholds, _now: datetime
) -> Iterable[Finding]:
    """Sedation in any modality: anaesthetist, induction, recovery and fasting."""
    if not is_sedated(patient, exam):
        return
    source = sources.ASA_FASTING
    yield RequireCapability(
        rule="MR-08",
        text=_("Sedation: the room needs anaesthesia equipment."),
        source=source,
        capability="anaesthesia",
    )
    yield RequireResource(
        rule="MR-08",
        text=_("Sedation: an anaesthetist stays during the exam."),
        source=source,
        resource_kind="anaesthetist",
    )
    yield Extend(
        rule="MR-08",
        text=_(
            "Sedation begins in the room: %(induction_minutes)s more minutes.",
            induction_minutes=thresholds.induction_minutes,
        ),
        source=source,
        part=ExtendedPart.ROOM,
        minutes=thresholds.induction_minutes,
    )
    yield Extend(
        rule="MR-08",
        text=_(
            "The patient recovers for %(recovery_minutes)s minutes.",
            recovery_minutes=thresholds.recovery_minutes,
        ),
        source=source,
        part=ExtendedPart.AFTER,
        minutes=thresholds.recovery_minutes,
        resource_kind="recovery_bay",
    )
    yield Warn(
        rule="MR-08",
        text=_(
            "Sedation: clear fluids until %(sedation_clear_fluid_hours)s hours, a light "
            "meal until %(sedation_light_meal_hours)s, a full meal until "
            "%(sedation_full_meal_hours)s hours before.",
            sedation_clear_fluid_hours=thresholds.sedation_clear_fluid_hours,
            sedation_light_meal_hours=thresholds.sedation_light_meal_hours,
            sedation_full_meal_hours=thresholds.sedation_full_meal_hours,
        ),
        source=source,
    )


def is_sedated(patient: PatientFacts, exam: ExamFacts) -> bool:
    """Return whether the exam is done under sedation or anaesthesia."""
    return exam.needs_sedation or "sedation" in patient.needs
