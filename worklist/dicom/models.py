"""Tables of the DICOM server: the queries that scanners have asked."""

from datetime import datetime

from sqlalchemy import ForeignKey, Identity, Index, LargeBinary, String, UniqueConstraint
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
