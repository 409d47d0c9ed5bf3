"""What each device leaves out of its reports of performed steps, kept and listed."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from worklist.dicom.models import ReportDefect
from worklist.dicom.report_check import ReportCheck


def note(session: Session, operation: str, check: ReportCheck) -> None:
    """Count the defects of a report, with one statement."""
    if not check.defects:
        return
    rows = [
        {
            "calling": check.calling,
            "operation": operation,
            "attribute": attribute,
            "problem": problem,
            "times": 1,
            "first_seen_at": check.now,
            "last_seen_at": check.now,
        }
        for attribute, problem in sorted(check.defects.items())
    ]
    statement = postgresql.insert(ReportDefect).values(rows)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["calling", "operation", "attribute", "problem"],
            set_={"times": ReportDefect.times + 1, "last_seen_at": statement.excluded.last_seen_at},
        )
    )


def of_station(session: Session, calling: str) -> Sequence[ReportDefect]:
    """Return the defects of a station, newest first."""
    return session.scalars(
        select(ReportDefect)
        .where(ReportDefect.calling == calling)
        .order_by(ReportDefect.last_seen_at.desc(), ReportDefect.attribute)
    ).all()
