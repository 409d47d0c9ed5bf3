"""An explanation as lines for a terminal."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from worklist.dicom.explain import Explanation, exams_of, explain


def text(
    session: Session, accession_number: str, station: str, *, now: datetime, default_zone: str
) -> str:
    """Explain every exam of an order.

    Raises:
        NotFoundError: the order or the station is not known.
    """
    exams = exams_of(session, accession_number)
    explanations = [
        explain(session, exam, station, now=now, default_zone=default_zone) for exam in exams
    ]
    return "\n".join(line for one in explanations for line in _lines(one))


def _lines(explanation: Explanation) -> Iterator[str]:
    exam, station = explanation.exam, explanation.station
    verdict = "is on the list" if explanation.is_listed else "is NOT on the list"
    yield f"{exam.description} ({exam.scheduled_procedure_step_id}) {verdict} of {station}."
    if explanation.asked_at is None:
        yield "  The scanner has no query on record: its own exams are taken as its query."
    else:
        asked_at = f"{explanation.asked_at:%Y-%m-%d %H:%M:%S}"
        yield f"  The scanner's query of {asked_at} UTC is asked again:"
    for line in explanation.lines:
        yield f"  {'yes' if line.holds else 'NO '}  {line.text}"
    yield f"  {station} would now get {len(explanation.listed)} exams:"
    for entry in explanation.listed:
        yield (
            f"    {entry.starts_at:%Y-%m-%d %H:%M} UTC  {entry.accession_number:16}  "
            f"{entry.status:10}  {entry.step_description}"
        )
