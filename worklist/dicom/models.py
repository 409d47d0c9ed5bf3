"""Tables of the DICOM server: what scanners ask, what reports lack, what is forwarded."""

from datetime import datetime

from sqlalchemy import (
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from worklist.db import Base


class WorklistQuery(Base):
    """One C-FIND as a station asks it, again and again.

    ``identifier`` is the Identifier as it was sent, in ``transfer_syntax``, so that it can be asked
    again; ``digest`` is its SHA-256.
    """

    __tablename__ = "worklist_queries"
    __table_args__ = (
        UniqueConstraint("calling", "digest"),
        Index("ix_worklist_queries_last_asked_at", "calling", "last_asked_at"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    calling: Mapped[str] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(64))
    identifier: Mapped[bytes] = mapped_column(LargeBinary)
    transfer_syntax: Mapped[str] = mapped_column(String(64))
    fuzzy_names: Mapped[bool]
    last_asked_at: Mapped[datetime]

    times: Mapped[list["WorklistQueryTime"]] = relationship(
        back_populates="query", passive_deletes=True
    )


class WorklistQueryTime(Base):
    """One time that a query was asked: when, from where, how it ended and how long it took."""

    __tablename__ = "worklist_query_times"
    __table_args__ = (Index("ix_worklist_query_times_query", "query_id", "asked_at"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    query_id: Mapped[int] = mapped_column(ForeignKey("worklist_queries.id", ondelete="CASCADE"))
    asked_at: Mapped[datetime] = mapped_column(index=True)
    address: Mapped[str] = mapped_column(String(45))
    outcome: Mapped[str] = mapped_column(String(16))
    answers: Mapped[int]
    milliseconds: Mapped[float]

    query: Mapped[WorklistQuery] = relationship(back_populates="times")


class ReportDefect(Base):
    """An attribute that a device leaves out of its performed steps, or sends where it may not.

    One row for each station, operation, attribute and problem, with how often it was seen.
    """

    __tablename__ = "report_defects"
    __table_args__ = (UniqueConstraint("calling", "operation", "attribute", "problem"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    calling: Mapped[str] = mapped_column(String(16))
    operation: Mapped[str] = mapped_column(String(16))
    attribute: Mapped[str] = mapped_column(String(64))
    problem: Mapped[str] = mapped_column(String(16))
    times: Mapped[int]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class Forward(Base):
    """One message that waits to be, or was, forwarded to an image manager, in the order of ``id``.

    ``data`` is the data set as it came, in ``transfer_syntax``. ``refused`` is the status with
    which the image manager declined it for good.
    """

    __tablename__ = "dicom_forwards"
    __table_args__ = (
        Index(
            "ix_dicom_forwards_waiting",
            "image_manager_id",
            "id",
            postgresql_where=text("delivered_at IS NULL"),
        ),
        Index("ix_dicom_forwards_delivered_at", "delivered_at"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    image_manager_id: Mapped[int] = mapped_column(ForeignKey("image_managers.id"))
    sop_class: Mapped[str] = mapped_column(String(64))
    operation: Mapped[str] = mapped_column(String(16))
    sop_instance_uid: Mapped[str] = mapped_column(String(64))
    transfer_syntax: Mapped[str] = mapped_column(String(64))
    data: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    try_again_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    refused: Mapped[str] = mapped_column(String(100), default="")
