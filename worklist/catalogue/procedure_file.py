"""How a catalogue file writes down a procedure, and what follows where it says nothing."""

from typing import Annotated, Literal

from pydantic import (
    Field,
)

from worklist.catalogue.entry import BodyPart, Code, Entry, Modality, Name, Words
from worklist.catalogue.models import ResourceKind
from worklist.vocabulary import Contrast, ContrastRoute, OperatingMode

IONISING_MODALITIES = frozenset({"CR", "DX", "RF", "CT", "MG", "XA", "NM", "PT"})
_PELVIC_PARTS = frozenset({"ABDOMEN", "PELVIS", "LSPINE", "HIP", "KIDNEY", "UTERUS", "COLON"})


class PhaseEntry(Entry):
    """A phase beside the room: minutes from entering the room, and for how long."""

    name: Annotated[str, Field(min_length=1, max_length=32)]
    kind: ResourceKind
    offset: int
    minutes: Annotated[int, Field(gt=0)]
    patient_present: bool = True


class ProcedureFields(Entry):
    """A procedure; what is left out follows from its modality and body part."""

    code: Code
    coding_scheme: Code = "C4"
    name: Name
    synonyms: Words = ()
    modality: Modality
    body_part: BodyPart
    contrast: Contrast = Contrast.NONE
    route: ContrastRoute = ContrastRoute.NONE
    minutes: Annotated[int, Field(gt=0, le=24 * 60)]
    turnover_minutes: Annotated[int, Field(ge=0)] = 0
    dose_msv: Annotated[float, Field(ge=0)] = 0.0
    ionising: bool | None = None
    irradiates_pelvis: bool | None = None
    screening: bool = False
    radiopharmaceutical: str | None = None
    sedation: bool = False
    power_injection: bool = False
    first_pass_renal: bool = False
    bleeding_risk: Literal["low", "high"] | None = None
    operating_mode: OperatingMode | None = None
    requires: Words = ()
    reading_group: Annotated[str, Field(max_length=32)] = "general"
    phases: tuple[PhaseEntry, ...] = ()

    @property
    def uses_radiation(self) -> bool:
        """Whether the patient is irradiated: as written, else by modality."""
        return self.modality in IONISING_MODALITIES if self.ionising is None else self.ionising

    @property
    def beam_meets_pelvis(self) -> bool:
        """Whether abdomen or pelvis is irradiated: as written, else by part and tracer."""
        if self.irradiates_pelvis is not None:
            return self.irradiates_pelvis
        everywhere = self.modality in {"NM", "PT"}
        return self.uses_radiation and (everywhere or self.body_part in _PELVIC_PARTS)

    @property
    def risk_of_bleeding(self) -> str | None:
        """How much an intervention may bleed: as written, else high; None of other exams."""
        intervention = self.modality == "XA" or "biopsy" in self.requires
        return self.bleeding_risk or ("high" if intervention else None)


class ProcedureEntry(ProcedureFields):
    """A procedure with the names of the texts that make up its preparation."""

    preparation: Words = ()
