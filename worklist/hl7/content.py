"""What a message asks for, as plain data that was read without looking at the database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from worklist.hl7.errors import Location
from worklist.hl7.order_control import OrderAction
from worklist.orders.details import OrderDetails
from worklist.patients.details import FactDetails, Identifier, PatientDetails
from worklist.vocabulary import PatientClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What reading a message needs to know beside it.

    ``zone`` is the site's; ``facility`` issues numbers for which the message names no issuer;
    ``sent_at`` is MSH-7, None where not given; ``now`` is when the message arrived;
    ``order_control`` is the peer's own table.
    """

    zone: ZoneInfo
    facility: str
    sent_at: datetime | None
    now: datetime
    order_control: Mapping[str, OrderAction] = field(default_factory=dict)

    @property
    def time(self) -> datetime:
        """The best known time of what the message says."""
        return self.sent_at or self.now


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderNumbers:
    """How the order is known: by its placer's number and its issuer, by ours, or its accession."""

    placer: str | None = None
    placer_issuer: str = ""
    filler: str | None = None
    accession: str | None = None

    @property
    def lanes(self) -> Iterable[str]:
        """Names of the order: messages that share one keep their order."""
        if self.placer:
            yield f"order:{self.placer_issuer}|{self.placer}"
        if self.filler:
            yield f"order:|{self.filler}"
        if self.accession:
            yield f"accession:{self.accession}"

    def __str__(self) -> str:
        if self.placer:
            return f"{self.placer} ({self.placer_issuer})" if self.placer_issuer else self.placer
        return self.filler or f"with accession number {self.accession}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenSlot:
    """A room and a time chosen by the sender; ``places`` are the words by which it names them.

    A place is an AE title, a station's name or a room's code. ``minutes`` is None where the
    procedure's own duration holds.
    """

    places: tuple[str, ...] = ()
    starts_at: datetime | None = None
    minutes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """One ORC with its OBR.

    ``location`` is that of its number, ``procedure_location`` that of its procedure code.
    ``details`` is None where the message only names the order (cancel, hold, status).
    ``unvalued`` are the details that the message left empty: a change leaves them as they are.
    ``slots`` has one entry for each of the details' steps. ``step_ids`` are those that a cancel
    or hold names: none is the whole order.
    """

    action: OrderAction
    numbers: OrderNumbers
    location: Location
    procedure_location: Location | None = None
    accession_location: Location | None = None
    details: OrderDetails | None = None
    unvalued: frozenset[str] = frozenset()
    slots: tuple[GivenSlot, ...] = ()
    step_ids: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeRequest:
    """Identifiers that from now on belong to the surviving patient.

    ``renumbered``: no other patient's (A47), so that the old numbers are only put out of use.
    """

    survivor: PatientDetails
    merged: tuple[Identifier, ...]
    location: Location
    renumbered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Where the patient is and as what, as PV1 says; None where it says nothing.

    ``arrived`` is A10's: the patient stands at the door.
    """

    location: str | None = None
    patient_class: PatientClass | None = None
    admission_id: str = ""
    arrived: bool = False


class AppointmentAction(StrEnum):
    """What happened to an appointment made elsewhere."""

    BOOK = "book"
    CANCEL = "cancel"
    NO_SHOW = "no_show"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentRequest:
    """One SIU: the appointment's number, the order that it is for, and its slots."""

    action: AppointmentAction
    number: str
    location: Location
    order: OrderNumbers | None = None
    details: OrderDetails | None = None
    procedure_location: Location | None = None
    slots: tuple[GivenSlot, ...] = ()
    reason: str = ""

    @property
    def lanes(self) -> Iterable[str]:
        """Names of the appointment and its order."""
        yield f"appointment:{self.number}"
        if self.order:
            yield from self.order.lanes


class ReportStatus(StrEnum):
    """How far a report is (HL7 table 0123, OBR-25)."""

    PRELIMINARY = "preliminary"
    FINAL = "final"
    CORRECTED = "corrected"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRequest:
    """One OBR of an ORU with its text, if the order that it names is one of ours."""

    order: OrderNumbers
    status: ReportStatus
    text: str
    reader: str
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """All that a message asks for, in the order in which it is done.

    ``results`` is true for ORU: it registers a patient only to keep a fact, and never changes one.
    ``remarks`` name what was read but not taken, for the people who look after the interface.
    """

    patient: PatientDetails | None = None
    visit: Visit | None = None
    facts: tuple[FactDetails, ...] = ()
    orders: tuple[OrderRequest, ...] = ()
    merges: tuple[MergeRequest, ...] = ()
    appointments: tuple[AppointmentRequest, ...] = ()
    reports: tuple[ReportRequest, ...] = ()
    results: bool = False
    remarks: tuple[str, ...] = ()

    @property
    def lanes(self) -> list[str]:
        """Names of the patients and orders concerned: messages that share one keep their order."""
        patients = [self.patient, *(merge.survivor for merge in self.merges)]
        identifiers = [one for patient in patients if patient for one in patient.identifiers]
        identifiers += [one for merge in self.merges for one in merge.merged]
        lanes = [f"patient:{one.issuer}|{one.value}" for one in identifiers]
        lanes += [lane for order in self.orders for lane in order.numbers.lanes]
        lanes += [lane for one in self.appointments for lane in one.lanes]
        lanes += [lane for report in self.reports for lane in report.order.lanes]
        return list(dict.fromkeys(lanes))
