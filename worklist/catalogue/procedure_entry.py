"""The columns and phases of a procedure as its entry says, from a file or a page."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from worklist.catalogue.procedure_file import PhaseEntry, ProcedureEntry, ProcedureFields
from worklist.catalogue.procedures import Procedure, ProcedurePhase


def translated_preparation(
    entry: ProcedureEntry, texts: Mapping[str, Mapping[str, str]]
) -> dict[str, str]:
    """Return the preparation in each language that has all of its texts."""
    return {
        language: " ".join(known[name] for name in entry.preparation)
        for language, known in texts.items()
        if entry.preparation and all(name in known for name in entry.preparation)
    }


def procedure_fields(entry: ProcedureEntry, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the columns of a procedure as the file's entry has them."""
    preparation = " ".join(texts[name] for name in entry.preparation)
    return procedure_columns(entry) | {"preparation": preparation, "active": True}


def procedure_columns(entry: ProcedureFields) -> dict[str, Any]:
    """Return the columns of a procedure but for its preparation."""
    return {
        "code": entry.code,
        "coding_scheme": entry.coding_scheme,
        "name": entry.name,
        "synonyms": list(entry.synonyms),
        "modality": entry.modality,
        "body_part": entry.body_part,
        "contrast": entry.contrast,
        "contrast_route": entry.route,
        "duration_minutes": entry.minutes,
        "turnover_minutes": entry.turnover_minutes,
        "dose_msv": entry.dose_msv,
        "ionising": entry.uses_radiation,
        "irradiates_pelvis": entry.beam_meets_pelvis,
        "screening": entry.screening,
        "radiopharmaceutical": entry.radiopharmaceutical,
        "needs_sedation": entry.sedation,
        "power_injection": entry.power_injection,
        "first_pass_renal": entry.first_pass_renal,
        "bleeding_risk": entry.risk_of_bleeding,
        "operating_mode": entry.operating_mode,
        "required_capabilities": list(entry.requires),
        "reading_group": entry.reading_group,
    }


def load_phases(
    session: Session,
    procedure: Procedure,
    entries: Iterable[PhaseEntry],
) -> bool:
    """Give a procedure the phases of its entry; tell whether they differed."""

    def values(phase: ProcedurePhase) -> tuple[Any, ...]:
        return (
            phase.name,
            phase.resource_kind,
            phase.offset_minutes,
            phase.duration_minutes,
            phase.patient_present,
        )

    wanted = {
        (entry.name, entry.kind, entry.offset, entry.minutes, entry.patient_present)
        for entry in entries
    }
    if {values(phase) for phase in procedure.phases} == wanted:
        return False
    procedure.phases.clear()
    session.flush()
    procedure.phases.extend(
        ProcedurePhase(
            name=name,
            resource_kind=kind,
            offset_minutes=offset,
            duration_minutes=minutes,
            patient_present=present,
        )
        for name, kind, offset, minutes, present in sorted(wanted)
    )
    return True
