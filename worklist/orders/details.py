"""What a message or a form asks for, as plain data."""

from dataclasses import dataclass
from datetime import datetime

from worklist.vocabulary import PatientClass, Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDetails:
    """A scheduled step that the sender names itself; what is empty is given here.

    ``step_id`` and ``requested_procedure_id`` are the sender's (IPC-4, IPC-2; OBR-20, OBR-19).
    Steps with the same requested procedure id and procedure are of one requested procedure.
    """

    step_id: str = ""
    requested_procedure_id: str = ""
    procedure_code: str = ""
    study_instance_uid: str | None = None
    description: str = ""
    performing_physician: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDetails:
    """One order for one procedure, or for the procedures and steps that ``steps`` name.

    ``procedure_code`` is the catalogue's code (HL7 OBR-4.1). Physicians are DICOM PN strings.
    ``accession_number``, ``filler_order_number`` and ``study_instance_uid`` are None where this
    department gives them. ``message_time`` is None for an order made on a page.
    """

    procedure_code: str
    priority: Priority
    patient_class: PatientClass
    ordered_at: datetime
    placer_order_number: str | None = None
    placer_issuer: str = ""
    placer_group_number: str = ""
    filler_order_number: str | None = None
    accession_number: str | None = None
    study_instance_uid: str | None = None
    description: str = ""
    laterality: str = ""
    ordering_physician: str = ""
    referring_physician: str = ""
    reason: str = ""
    clinical_information: str = ""
    danger_code: str = ""
    transport: str = ""
    current_location: str = ""
    admission_id: str = ""
    wanted_at: datetime | None = None
    message_time: datetime | None = None
    steps: tuple[StepDetails, ...] = ()
