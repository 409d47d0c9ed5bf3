"""Numbers and UIDs that this department gives out."""

import uuid

from sqlalchemy import Sequence, select
from sqlalchemy.orm import Session

from worklist.db import Base

accession_sequence = Sequence("accession_number_seq", metadata=Base.metadata)
filler_sequence = Sequence("filler_order_number_seq", metadata=Base.metadata)
requested_procedure_sequence = Sequence("requested_procedure_id_seq", metadata=Base.metadata)
step_sequence = Sequence("scheduled_procedure_step_id_seq", metadata=Base.metadata)


_RESERVED = "identifiers.reserved"
_OF_ONE_ORDER = (
    accession_sequence,
    filler_sequence,
    requested_procedure_sequence,
    step_sequence,
)


def reserve_for_order(session: Session) -> None:
    """Draw one number of each kind at once, for the next that is asked for: one round trip.

    Numbers that are not used leave a gap, as those of a transaction that is rolled back do.
    """
    drawn = session.execute(select(*(one.next_value() for one in _OF_ONE_ORDER))).one()
    session.info[_RESERVED] = dict(zip((one.name for one in _OF_ONE_ORDER), drawn, strict=True))


def _numbered(session: Session, prefix: str, sequence: Sequence) -> str:
    reserved: dict[str, int] = session.info.get(_RESERVED, {})
    number = reserved.pop(sequence.name, None)
    if number is None:
        number = session.scalar(select(sequence.next_value()))
    return f"{prefix}{number:08d}"


def new_accession_number(session: Session) -> str:
    """Return an Accession Number (DICOM VR SH, at most 16 characters)."""
    return _numbered(session, "A", accession_sequence)


def new_filler_order_number(session: Session) -> str:
    """Return a Filler Order Number (HL7 ORC-3, OBR-3)."""
    return _numbered(session, "F", filler_sequence)


def new_requested_procedure_id(session: Session) -> str:
    """Return a Requested Procedure ID (DICOM VR SH)."""
    return _numbered(session, "RP", requested_procedure_sequence)


def new_scheduled_procedure_step_id(session: Session) -> str:
    """Return a Scheduled Procedure Step ID (DICOM VR SH)."""
    return _numbered(session, "SPS", step_sequence)


def new_uid() -> str:
    """Return a DICOM UID made from a random UUID (PS3.5 section B.2)."""
    return f"2.25.{uuid.uuid4().int}"
