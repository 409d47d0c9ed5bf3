"""The manual's table of fields tells what is written: each field there, and no other."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.outbound import (
    HAPPENED,
    make_audience,
    make_patient_subject,
    make_requested,
    make_subject,
)
from worklist.hl7.outbound import routes
from worklist.hl7.outbound.subject import OrderSubject, Subject
from worklist.hl7.outbound.writing import write
from worklist.hl7.peers.models import MessageChoice
from worklist.orders.status import StepStatus
from worklist.reading.critical.models import CriticalFinding
from worklist.reading.models import Report, ReportKind
from worklist.vocabulary import Category

_TEXT = (Path(__file__).parents[4] / "docs" / "hl7-outbound.md").read_text(encoding="utf-8")
_NUMBERS = re.compile(r"(\d+)(?:\.[\d-]+)?((?:(?:,| and| to) \d+)*)")

Fields = set[tuple[str, int]]


def _of_cell(cell: str) -> Iterator[int]:
    """Yield the numbers that the parts of a cell begin with: `9 to 11 (before 2.7); 16 and 20`."""
    for part in re.sub(r"`[^`]*`", "", cell).split(";"):
        found = _NUMBERS.match(part.strip())
        if found is None:
            continue
        first, more = int(found[1]), found[2]
        yield first
        for between, number in re.findall(r"(,| and| to) (\d+)", more):
            yield from range(first, int(number) + 1) if between == " to" else (int(number),)


def _told() -> Fields:
    table = _TEXT.partition("| segment | fields |\n| --- | --- |\n")[2].partition("\n\n")[0]
    rows = [line.strip("|").split("|") for line in table.splitlines()]
    return {(row[0].split()[0].strip(","), number) for row in rows for number in _of_cell(row[1])}


def _order_with_everything(action: str, **more: object) -> OrderSubject:
    requested = make_requested(
        placer_group_number="G1", danger_code="MRSA", wanted_at=HAPPENED + timedelta(days=1)
    )
    requested.laterality = "L"
    subject = make_subject(action, requested=requested, reason="Not fasting", **more)  # type: ignore[arg-type]
    subject.order.patient.language = "de"
    subject.exam.exam.appointment_number = "CLINIC|7788"
    return subject


def _report() -> OrderSubject:
    final = Report(
        id=1, kind=ReportKind.FINAL, content="Normal.", reader="READER^ROBIN", written_at=HAPPENED
    )
    finding = CriticalFinding(
        category=Category.MINUTES,
        content="Pneumothorax",
        recipient="Dr House",
        raised_at=HAPPENED,
        acknowledged_at=None,
        withdrawn_at=None,
    )
    return _order_with_everything(
        "report.final",
        status=StepStatus.COMPLETED,
        reports=(final,),
        findings=(finding,),
        report_id=1,
    )


def _subjects() -> Iterator[tuple[MessageChoice, Subject]]:
    yield (
        MessageChoice.ORDER_STATUS,
        _order_with_everything("exam.started", order_status="in_progress"),
    )
    yield (
        MessageChoice.ORDER_CANCELLED,
        _order_with_everything("exam.canceled", order_status="canceled"),
    )
    yield MessageChoice.APPOINTMENT, _order_with_everything("exam.scheduled")
    yield MessageChoice.PROCEDURE, _order_with_everything("exam.scheduled")
    yield MessageChoice.REPORT, _report()
    yield MessageChoice.PATIENT, make_patient_subject("patient.updated")
    yield MessageChoice.PATIENT, make_patient_subject("patient.merged", survivor=1, merged=2)


def _written(version: str, order_message: str, procedure_message: str) -> Fields:
    audience = make_audience(
        version=version, order_message=order_message, procedure_message=procedure_message
    )
    found: Fields = set()
    for choice, subject in _subjects():
        draft = routes.draft(choice, subject, audience)
        assert draft is not None
        for line in write(draft, audience).payload.decode().rstrip("\r").split("\r"):
            name, *values = line.split("|")
            first = 2 if name == "MSH" else 1
            found |= {(name, number) for number, one in enumerate(values, first) if one}
    return found


@pytest.mark.parametrize("choice", list(MessageChoice))
def test_each_kind_of_message_is_in_the_manual(choice: MessageChoice) -> None:
    if choice is not MessageChoice.ACKNOWLEDGEMENT:  # chosen by what is received
        assert f"| `{choice}` |" in _TEXT


def test_each_field_that_is_written_is_told_and_no_other() -> None:
    written = (
        _written("2.3.1", "ORM", "ORM")
        | _written("2.4", "OMG", "ORM")
        | _written("2.5.1", "OMG", "OMI")
        | _written("2.7", "OMG", "OMI")
    ) - {("MSH", 2)}  # the delimiters
    told = _told()
    assert sorted(written - told) == []
    assert sorted(told - written) == []
