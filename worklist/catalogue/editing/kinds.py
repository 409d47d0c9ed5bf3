"""The kinds of things in the catalogue, by name; those of places are in `places`."""

from typing import Any

from sqlalchemy import Select, SQLColumnExpression, func, select
from sqlalchemy.orm import Session, selectinload
from typing_extensions import override

from worklist.catalogue import models
from worklist.catalogue.editing import entries
from worklist.catalogue.editing.errors import FieldError
from worklist.catalogue.editing.kind import Kind, Values, put
from worklist.catalogue.editing.places import Holidays, Resources, Rooms, Sites, Stations
from worklist.catalogue.image_managers import ImageManager
from worklist.catalogue.procedure_entry import load_phases, procedure_columns
from worklist.catalogue.procedures import Procedure
from worklist.catalogue.report_templates import ReportTemplate
from worklist.language.text import _


class ImageManagers(Kind[ImageManager, entries.ImageManager]):
    """DICOM application entities that are told of performed steps, and tell of images."""

    @override
    def select(self) -> Select[Any]:
        return select(ImageManager)

    @override
    def values(self, row: ImageManager) -> Values:
        return {name: getattr(row, name) for name in entries.ImageManager.model_fields}

    @override
    def write(
        self, session: Session, row: ImageManager | None, entry: entries.ImageManager
    ) -> ImageManager:
        return put(session, row, ImageManager, entry.model_dump())

    @property
    @override
    def searched(self) -> tuple[SQLColumnExpression[Any], ...]:
        return (ImageManager.ae_title, ImageManager.host)


class Procedures(Kind[Procedure, entries.Procedure]):
    """Procedures with their phases."""

    @override
    def select(self) -> Select[Any]:
        return select(Procedure).options(selectinload(Procedure.phases))

    @override
    def values(self, row: Procedure) -> Values:
        same = ("code", "coding_scheme", "name", "synonyms", "modality", "body_part")
        return {name: getattr(row, name) for name in same} | {
            "contrast": str(row.contrast),
            "route": str(row.contrast_route),
            "minutes": row.duration_minutes,
            "turnover_minutes": row.turnover_minutes,
            "dose_msv": row.dose_msv,
            "ionising": row.ionising,
            "irradiates_pelvis": row.irradiates_pelvis,
            "screening": row.screening,
            "radiopharmaceutical": row.radiopharmaceutical,
            "sedation": row.needs_sedation,
            "power_injection": row.power_injection,
            "first_pass_renal": row.first_pass_renal,
            "bleeding_risk": row.bleeding_risk,
            "operating_mode": row.operating_mode and str(row.operating_mode),
            "requires": row.required_capabilities,
            "preparation": row.preparation,
            "preparation_translations": "\n".join(
                f"{code}: {text}" for code, text in sorted(row.preparation_translations.items())
            ),
            "reading_group": row.reading_group,
            "phases": [
                {
                    "name": phase.name,
                    "kind": str(phase.resource_kind),
                    "offset": phase.offset_minutes,
                    "minutes": phase.duration_minutes,
                    "patient_present": phase.patient_present,
                }
                for phase in row.phases
            ],
        }

    @override
    def write(self, session: Session, row: Procedure | None, entry: entries.Procedure) -> Procedure:
        names = [phase.name for phase in entry.phases]
        if len(set(names)) < len(names):
            raise FieldError("phases", _("Give each phase a name of its own."))
        columns = procedure_columns(entry) | {
            "preparation": entry.preparation,
            "preparation_translations": entry.preparation_translations,
        }
        procedure = put(session, row, Procedure, columns)
        load_phases(session, procedure, entry.phases)
        session.flush()
        session.refresh(procedure)
        return procedure

    @property
    @override
    def searched(self) -> tuple[SQLColumnExpression[Any], ...]:
        return (*super().searched, func.array_to_string(Procedure.synonyms, " "))


class ReportTemplates(Kind[ReportTemplate, entries.ReportTemplate]):
    """Texts with which reports begin."""

    @override
    def select(self) -> Select[Any]:
        return select(ReportTemplate)

    @override
    def values(self, row: ReportTemplate) -> Values:
        return {name: getattr(row, name) for name in entries.ReportTemplate.model_fields}

    @override
    def write(
        self, session: Session, row: ReportTemplate | None, entry: entries.ReportTemplate
    ) -> ReportTemplate:
        columns = entry.model_dump() | {"procedures": list(entry.procedures)}
        return put(session, row, ReportTemplate, columns)


KINDS: dict[str, Kind[Any, Any]] = {
    kind.name: kind
    for kind in (
        Sites("site", entries.Site, models.Site.code),
        Rooms("room", entries.Room, models.Resource.code),
        Resources("resource", entries.Resource, models.Resource.code),
        Stations("station", entries.Station, models.Station.ae_title),
        ImageManagers("image_manager", entries.ImageManager, ImageManager.ae_title),
        Procedures("procedure", entries.Procedure, Procedure.code),
        ReportTemplates("report_template", entries.ReportTemplate, ReportTemplate.code),
        Holidays("holiday", entries.Holiday, models.PublicHoliday.day),
    )
}
