"""What a worklist entry is made of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from worklist.orders.status import StepStatus
from worklist.rules.parameters import shipped
from worklist.rules.thresholds import Thresholds
from worklist.vocabulary import Contrast, ContrastRoute, Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One scheduled procedure step with all that the worklist can tell of it.

    ``facts`` are the newest of each kind and subject, as ``{"kind", "subject", "value",
    "observed_at"}``, and only there when asked for. They are told by the ``thresholds`` in use.
    """

    scheduled_procedure_step_id: str
    step_description: str
    modality: str
    status: StepStatus
    starts_at: datetime
    performing_physician: str = ""
    room_code: str = ""
    institution: str = ""
    site_code: str = ""
    department: str = ""
    time_zone: str = "UTC"
    requested_procedure_id: str
    study_instance_uid: str
    requested_description: str
    procedure_code: str
    coding_scheme: str
    procedure_name: str
    body_part: str = ""
    contrast: Contrast = Contrast.NONE
    contrast_route: ContrastRoute = ContrastRoute.NONE
    needs_sedation: bool = False
    radiopharmaceutical: str | None = None
    preparation: str = ""
    accession_number: str
    placer_order_number: str | None = None
    placer_issuer: str = ""
    filler_order_number: str = ""
    priority: Priority = Priority.ROUTINE
    ordering_physician: str = ""
    referring_physician: str = ""
    reason: str = ""
    clinical_information: str = ""
    danger_code: str = ""
    transport: str = ""
    current_location: str = ""
    admission_id: str = ""
    internal_patient_number: int
    patient_name: str
    patient_name_ideographic: str = ""
    patient_name_phonetic: str = ""
    birth_date: date | None = None
    sex: str | None = None
    patient_id: str | None = None
    patient_id_issuer: str | None = None
    facts: Sequence[dict[str, Any]] = field(default_factory=tuple)
    station_ae_titles: Sequence[str] = field(default_factory=tuple)
    station_names: Sequence[str] = field(default_factory=tuple)
    thresholds: Thresholds = field(default_factory=shipped)

    @property
    def patient_name_groups(self) -> tuple[str, str, str]:
        """The component groups of Patient's Name."""
        return (self.patient_name, self.patient_name_ideographic, self.patient_name_phonetic)
