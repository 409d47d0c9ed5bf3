"""Table of station profiles: how a scanner's console wants to be served."""

from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from worklist.catalogue.models import Station
from worklist.db import Base


class LeavesList(StrEnum):
    """When an exam leaves a station's worklist; the standard leaves it open (PS3.4 annex K)."""

    AT_START = "at_start"
    AT_END = "at_end"
    HOURS_AFTER_END = "hours_after_end"


class OverLimit(StrEnum):
    """What becomes of a query with more answers than the limit."""

    PARTIAL = "partial"
    REFUSE = "refuse"


class Connections(StrEnum):
    """How a station may connect."""

    ANY = "any"
    TLS = "tls"


class StationProfile(Base):
    """What one station is given; a station without a row has every default.

    ``window_*`` limit the list to exams that start that many hours before and after now.
    ``forced_keys`` replace what the console asks: keyword to value, ``{calling}`` for its own AE
    title. ``left_out`` are keywords that its answers lack, ``filled`` values for those that would
    be empty. ``addresses`` are addresses or networks it may call from; none allow all.
    ``client_certificate`` is the SHA-256 of its certificate in hexadecimal. ``maximum_pdu`` is in
    bytes. ``strict_mpps`` refuses a performed step that lacks what the standard requires.
    """

    __tablename__ = "station_profiles"
    __table_args__ = (
        CheckConstraint("window_hours_before >= 0", name="window_before"),
        CheckConstraint("window_hours_after > 0", name="window_after"),
        CheckConstraint("linger_hours >= 0", name="linger_hours"),
        CheckConstraint("answer_limit > 0", name="answer_limit"),
        CheckConstraint("maximum_pdu BETWEEN 4096 AND 131072", name="maximum_pdu"),
    )

    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id"), primary_key=True)
    transliterate: Mapped[bool] = mapped_column(default=True)
    window_hours_before: Mapped[int | None]
    window_hours_after: Mapped[int | None]
    leaves_list: Mapped[LeavesList] = mapped_column(default=LeavesList.AT_START)
    linger_hours: Mapped[int] = mapped_column(default=0)
    forced_keys: Mapped[dict[str, Any]] = mapped_column(default=dict)
    left_out: Mapped[list[str]] = mapped_column(ARRAY(String(64)), default=list)
    filled: Mapped[dict[str, Any]] = mapped_column(default=dict)
    addresses: Mapped[list[str]] = mapped_column(ARRAY(String(64)), default=list)
    connections: Mapped[Connections] = mapped_column(default=Connections.ANY)
    client_certificate: Mapped[str] = mapped_column(String(64), default="")
    maximum_pdu: Mapped[int] = mapped_column(default=65536)
    answer_limit: Mapped[int] = mapped_column(default=2000)
    over_limit: Mapped[OverLimit] = mapped_column(default=OverLimit.PARTIAL)
    strict_mpps: Mapped[bool] = mapped_column(default=False)

    station: Mapped[Station] = relationship()

    @classmethod
    def defaults(cls, station_id: int) -> "StationProfile":
        """Return the profile of a station without a row: every default."""
        values = {
            column.name: column.default.arg
            for column in cls.__table__.columns
            if isinstance(column.default, ScalarElementColumnDefault)
        }
        empty: dict[str, Any] = {"forced_keys": {}, "left_out": [], "filled": {}, "addresses": []}
        return cls(station_id=station_id, **values | empty)
