"""What the page of one patient, exam, station or peer lists, as files for spreadsheets."""

import csv
import io
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.support.department import ACTOR, NOW, make_exam, make_patient, make_scanner
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.dicom.models import ReportDefect, WorklistQuery, WorklistQueryTime
from worklist.hl7.peers import service as peers
from worklist.hl7.peers.file import PeerEntry
from worklist.web import spreadsheet


@pytest.fixture
def somebody(signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """An administrator; files are read two rows at a time."""
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 2)
    return signed_in(UserRole.ADMINISTRATOR)


def lines(client: FlaskClient, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_a_patients_exams_and_the_slots_of_one(
    somebody: FlaskClient, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_scanner(session)
        patient = make_patient(session, "Adams^A")
        exams = [make_exam(session, patient=patient, reason="cough") for _ in range(3)]
        for days, exam in enumerate(exams):
            exam.order.ordered_at = NOW - timedelta(days=days)
        make_exam(session)
    address = f"/patients/{patient.id}"
    rows = lines(somebody, f"{address}/exams.csv?sort=when")
    accessions = [one.order.accession_number for one in exams]
    assert [one["Accession"] for one in rows] == accessions[::-1]
    assert (rows[0]["Why"], rows[0]["Status"]) == ("cough", "No slot yet")
    assert f'href="{address}/exams.csv?sort=-exam"' in somebody.get(f"{address}?sort=-exam").text
    assert somebody.get("/patients/999999/exams.csv").status_code == 404

    address = f"/exams/{exams[0].id}/slots"
    rows = lines(somebody, f"{address}.csv?day=2026-11-25")
    assert {one["Start"][:10] for one in rows} == {"2026-11-25"}
    assert {one["Room"] for one in rows} == {"CT01"}
    assert f'href="{address}.csv?day=2026-11-25"' in somebody.get(f"{address}?day=2026-11-25").text
    assert somebody.get(f"{address}.csv?around=noon").status_code == 422


def test_what_a_station_asked_and_lacks(
    somebody: FlaskClient, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_scanner(session)
        times = [
            WorklistQueryTime(
                asked_at=NOW - timedelta(minutes=number), address=f"10.0.0.{number}",
                outcome="success", answers=number, milliseconds=1.5,
            )
            for number in range(5)
        ]  # fmt: skip
        query = WorklistQuery(
            calling="CT01", digest="1", identifier=b"", transfer_syntax="1.2.840.10008.1.2",
            fuzzy_names=False, last_asked_at=NOW, times=times,
        )  # fmt: skip
        lack = ReportDefect(
            calling="CT01", operation="N-CREATE", attribute="StudyID", problem="missing",
            times=3, first_seen_at=NOW, last_seen_at=NOW,
        )  # fmt: skip
        session.add_all([query, lack])
    asked = lines(somebody, "/stations/CT01/queries.csv")
    assert [(one["From"], one["Answers"]) for one in asked] == [
        (f"10.0.0.{number}", str(number)) for number in range(5)
    ]
    (one,) = lines(somebody, "/stations/CT01/defects.csv")
    assert (one["Message"], one["Attribute"], one["Times"]) == ("N-CREATE", "StudyID", "3")
    assert somebody.get("/stations/MR09/queries.csv").status_code == 404
    page = somebody.get("/stations/CT01").text
    assert 'href="/stations/CT01/queries.csv"' in page
    assert 'href="/stations/CT01/defects.csv"' in page


def test_who_changed_a_peer(somebody: FlaskClient, session_factory: db.SessionFactory) -> None:
    with db.transaction(session_factory) as session:
        for host in ("a.example", "b.example", "c.example"):
            entry = PeerEntry.model_validate(
                {"name": "HIS", "direction": "outbound", "host": host, "port": 2575}
            )
            peers.save(session, entry, actor=ACTOR, now=NOW)
            session.flush()
    rows = lines(somebody, "/connections/peers/HIS/history.csv")
    assert [one["After"] for one in rows[:2]] == ["host: c.example", "host: b.example"]
    assert (len(rows), rows[2]["Before"]) == (3, "")
    page = somebody.get("/connections/peers/HIS").text
    assert 'href="/connections/peers/HIS/history.csv"' in page
