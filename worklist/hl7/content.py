"""What a message asks for, as plain data that was read without looking at the database."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from worklist.hl7.errors import Location
from worklist.hl7.order_control import OrderAction
from worklist.orders.details import OrderDetails
from worklist.patients.details import FactDetails, Identifier, PatientDetails


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What reading a message needs to know beside it.

    ``zone`` is the site's; ``facility`` issues numbers for which the message names no issuer;
    ``sent_at`` is MSH-7, None where not given; ``now`` is when the message arrived.
    """

    zone: ZoneInfo
    facility: str
    sent_at: datetime | None
    now: datetime

    @property
    def time(self) -> datetime:
        """The best known time of what the message says."""
        return self.sent_at or self.now


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderNumbers:
    """How the order is known: by its placer's number and its issuer, or by ours."""

    placer: str | None
    placer_issuer: str
    filler: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """One ORC with its OBR.

    ``location`` is that of its number, ``procedure_location`` that of its procedure code.
    ``details`` is None where the message only names the order (cancel, hold, status).
    ``unvalued`` are the details that the message left empty: a change leaves them as they are.
    """

    action: OrderAction
    numbers: OrderNumbers
    location: Location
    procedure_location: Location | None = None
    details: OrderDetails | None = None
    unvalued: frozenset[str] = frozenset()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeRequest:
    """Identifiers that from now on belong to the surviving patient."""

    survivor: PatientDetails
    merged: tuple[Identifier, ...]
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """All that a message asks for, in the order in which it is done.

    ``remarks`` name what was read but not taken, for the people who look after the interface.
    """

    patient: PatientDetails | None = None
    facts: tuple[FactDetails, ...] = ()
    orders: tuple[OrderRequest, ...] = ()
    merges: tuple[MergeRequest, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def lanes(self) -> list[str]:
        """Names of the patients and orders concerned: messages that share one keep their order."""
        patients = [self.patient, *(merge.survivor for merge in self.merges)]
        identifiers = [one for patient in patients if patient for one in patient.identifiers]
        identifiers += [one for merge in self.merges for one in merge.merged]
        lanes = [f"patient:{one.issuer}|{one.value}" for one in identifiers]
        for order in self.orders:
            numbers = order.numbers
            if numbers.placer:
                lanes.append(f"order:{numbers.placer_issuer}|{numbers.placer}")
            if numbers.filler:
                lanes.append(f"order:|{numbers.filler}")
        return list(dict.fromkeys(lanes))
