"""What the rules read of an exam, from its procedure and how it was ordered."""

from datetime import datetime

from worklist.catalogue.procedures import Procedure
from worklist.rules.facts import ExamFacts
from worklist.vocabulary import PatientClass, Priority


def exam_facts(
    procedure: Procedure,
    *,
    priority: Priority,
    patient_class: PatientClass,
    ordered_at: datetime,
    premedication_started_at: datetime | None = None,
    laterality: str | None = None,
    negative_pressure: bool = True,
) -> ExamFacts:
    """Return the facts of an exam of this procedure."""
    return ExamFacts(
        procedure_code=procedure.code,
        modality=procedure.modality,
        body_part=procedure.body_part,
        contrast=procedure.contrast,
        contrast_route=procedure.contrast_route,
        ionising=procedure.ionising,
        irradiates_pelvis=procedure.irradiates_pelvis,
        dose_msv=procedure.dose_msv,
        duration_minutes=procedure.duration_minutes,
        priority=priority,
        patient_class=patient_class,
        ordered_at=ordered_at,
        screening=procedure.screening,
        radiopharmaceutical=procedure.radiopharmaceutical,
        needs_sedation=procedure.needs_sedation,
        power_injection=procedure.power_injection,
        first_pass_renal=procedure.first_pass_renal,
        oral_contrast="oral_contrast" in procedure.required_capabilities,
        uptake_minutes=max([0, *(-phase.offset_minutes for phase in procedure.phases)]),
        bleeding_risk=procedure.bleeding_risk,
        operating_mode=procedure.operating_mode,
        premedication_started_at=premedication_started_at,
        laterality=laterality,
        negative_pressure=negative_pressure,
    )
