"""Table of peers: who they are, how they are reached, what they say and want to hear."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Identity, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from worklist.db import Base


class Direction(StrEnum):
    """Whether messages come from the peer, go to it, or both."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    BOTH = "both"


class AcknowledgementProfile(StrEnum):
    """What the peer wants as an answer: a plain ACK, or ORR^O02, ORG^O20 and ORI^O24."""

    ACK = "ack"
    APPLICATION = "application"


class MessageChoice(StrEnum):
    """What a peer may be told of.

    ACKNOWLEDGEMENT is not a choice of the peer's: each message asks for its own (MSH-16).
    """

    ACKNOWLEDGEMENT = "acknowledgement"
    ORDER_NUMBER = "order_number"
    ORDER_REFUSED = "order_refused"
    ORDER_STATUS = "order_status"
    ORDER_CANCELLED = "order_cancelled"
    APPOINTMENT = "appointment"
    REPORT = "report"
    PROCEDURE = "procedure"
    PATIENT = "patient"


class OrderMessage(StrEnum):
    """The message that carries an order's number and status to its placer (IHE RAD-3)."""

    ORM = "ORM"
    OMG = "OMG"


class ProcedureMessage(StrEnum):
    """The message that tells the image manager of a procedure (IHE RAD-4, RAD-13)."""

    ORM = "ORM"
    OMI = "OMI"


class Peer(Base):
    """One system on the other side; its columns are those of `peers.file.PeerEntry`.

    One that is out of use is kept with ``active`` false. While ``paused``, messages to it are made
    and wait.
    """

    __tablename__ = "hl7_peers"
    __table_args__ = (
        CheckConstraint(
            "direction = 'inbound' OR url <> '' OR (host <> '' AND port IS NOT NULL)",
            name="reachable",
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    description: Mapped[str] = mapped_column(String(200), default="")
    direction: Mapped[Direction]
    active: Mapped[bool] = mapped_column(default=True)
    paused: Mapped[bool] = mapped_column(default=False)
    host: Mapped[str] = mapped_column(String(253), default="")
    port: Mapped[int | None]
    url: Mapped[str] = mapped_column(String(500), default="")
    tls: Mapped[bool] = mapped_column(default=False)
    tls_ca_file: Mapped[str] = mapped_column(String(500), default="")
    tls_certificate_file: Mapped[str] = mapped_column(String(500), default="")
    tls_key_file: Mapped[str] = mapped_column(String(500), default="")
    token_file: Mapped[str] = mapped_column(String(500), default="")
    timeout_seconds: Mapped[int] = mapped_column(default=10)
    version: Mapped[str] = mapped_column(String(8))
    character_set: Mapped[str] = mapped_column(String(32))
    assumed_character_set: Mapped[str] = mapped_column(String(32), default="ASCII")
    processing_id: Mapped[str] = mapped_column(String(1), default="P")
    application: Mapped[str] = mapped_column(String(227), default="")
    facility: Mapped[str] = mapped_column(String(227), default="")
    own_application: Mapped[str] = mapped_column(String(227), default="WORKLIST")
    own_facility: Mapped[str] = mapped_column(String(227), default="")
    acknowledgement: Mapped[AcknowledgementProfile]
    sends: Mapped[list[str]] = mapped_column(ARRAY(String(32)))
    placer_issuers: Mapped[list[str]] = mapped_column(ARRAY(String(64)))
    order_message: Mapped[OrderMessage]
    procedure_message: Mapped[ProcedureMessage]
    senders: Mapped[list[dict[str, Any]]]
    order_control: Mapped[dict[str, Any]]
    received_values: Mapped[dict[str, Any]]
    received_moves: Mapped[list[dict[str, Any]]]
    sent_values: Mapped[dict[str, Any]]
    sent_moves: Mapped[list[dict[str, Any]]]
    changed_at: Mapped[datetime]
