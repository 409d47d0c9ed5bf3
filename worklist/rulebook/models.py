"""Tables of every change that the department made to a threshold, and of what follows from it."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from worklist.db import Base


class Change(Base):
    """One change of one named number; rows are only ever added.

    ``before`` and ``after`` are values as JSON holds them; ``after`` is empty where the number
    went back to what is shipped. The newest row of a name says what is in use.
    """

    __abstract__ = True

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    before: Mapped[Any] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    reason: Mapped[str]
    actor: Mapped[str] = mapped_column(String(100))
    changed_at: Mapped[datetime]


class ThresholdChange(Change):
    """One change of one threshold of the rules."""

    __tablename__ = "threshold_changes"
    __table_args__ = (
        CheckConstraint("btrim(reason) <> ''", name="reason"),
        Index("ix_threshold_changes_name", "name", "id"),
    )


class RuleReview(Base):
    """Every booked exam is judged again, soonest first, because thresholds have changed.

    What the rules said before the change ``change_id`` is compared with what they say by now.
    Exams up to ``starts_at`` and ``exam_id`` are done; at most one review is unfinished.
    """

    __tablename__ = "rule_reviews"
    __table_args__ = (
        Index(
            "uq_rule_reviews_unfinished",
            text("(true)"),
            unique=True,
            postgresql_where=text("finished_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    change_id: Mapped[int] = mapped_column(ForeignKey("threshold_changes.id"))
    asked_at: Mapped[datetime]
    starts_at: Mapped[datetime | None]
    exam_id: Mapped[int] = mapped_column(default=0)
    judged: Mapped[int] = mapped_column(default=0)
    asked: Mapped[int] = mapped_column(default=0)
    given_back: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None]
