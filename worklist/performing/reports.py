"""What a scanner reports of its work, as plain data."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from worklist.performing.models import PerformedStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledLink:
    """One item of a Scheduled Step Attributes Sequence (PS3.3 C.4.13); what is empty is unknown."""

    study_instance_uid: str
    scheduled_procedure_step_id: str = ""
    accession_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenContrast:
    """A contrast medium that was given; volume in mL, None where it is not told."""

    agent: str
    route: str = ""
    volume_ml: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """Radiation of a step; units as in `performing.models.DoseValues`."""

    ctdi_vol_mgy: float | None = None
    dlp_mgy_cm: float | None = None
    dap_dgy_cm2: float | None = None
    fluoroscopy_seconds: float | None = None
    exposures: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """That a study's images are there (PS3.4 annex R)."""

    sop_instance_uid: str
    study_instance_uid: str
    performed_uids: tuple[str, ...]
    instances: int
    available: bool
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformedReport:
    """A performed procedure step as it begins (PS3.4 F.7.2.1).

    ``attributes`` is the whole data set in the DICOM JSON model (PS3.18 annex F).
    """

    sop_instance_uid: str
    performed_procedure_step_id: str
    station_ae_title: str
    modality: str
    started_at: datetime
    links: tuple[ScheduledLink, ...]
    patient_id: str = ""
    patient_id_issuer: str = ""
    attributes: dict[str, Any]
    dose: Dose | None = None
    contrast: tuple[GivenContrast, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformedChange:
    """What a later report makes of a step (PS3.4 F.7.2.2); ``attributes`` is all that is known."""

    status: PerformedStatus
    ended_at: datetime | None
    discontinuation_reason: str = ""
    attributes: dict[str, Any]
    dose: Dose | None = None
    contrast: tuple[GivenContrast, ...] = ()
