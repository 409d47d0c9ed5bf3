"""``worklist rules`` on a real database."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.department import (
    ACTOR,
)
from tests.support.renal import place_contrast_ct
from worklist import db
from worklist.cli import cli
from worklist.clock import system_clock
from worklist.errors import DomainError
from worklist.patients.details import FactDetails
from worklist.patients.models import FactKind, FactOrigin
from worklist.scheduling import service as scheduling
from worklist.scheduling.queries import find_exams
from worklist.vocabulary import PatientClass

Run = Callable[..., str]


@pytest.fixture
def run(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command against this test's database; gives what it printed."""
    monkeypatch.setenv("WORKLIST_DATABASE_URL", database)
    monkeypatch.setenv("WORKLIST_DATA_DIR", str(tmp_path / "var"))

    def command(*words: str | Path) -> str:
        result = CliRunner().invoke(cli, ["rules", *map(str, words)], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    return command


@pytest.fixture
def accession_number(session_factory: db.SessionFactory) -> str:
    """A contrast CT of today of a man with an eGFR of 33 from the laboratory."""
    now = system_clock()
    with db.transaction(session_factory) as session:
        exam = place_contrast_ct(session, egfr=33, now=now, patient_class=PatientClass.OUTPATIENT)
        return exam.order.accession_number


def thresholds_file(folder: Path) -> Path:
    path = folder / "thresholds.toml"
    path.write_text('reason = "Committee of 3 November"\n[thresholds]\negfr_low = 35\n')
    return path


def test_load_list_and_history(run: Run, tmp_path: Path) -> None:
    assert "egfr_low = 30 mL/min/1.73 m²\n" in run("list")
    path = thresholds_file(tmp_path)
    assert "changed egfr_low" in run("load", path)
    assert "nothing changed" in run("load", path)
    assert "egfr_low = 35 mL/min/1.73 m² (shipped: 30)\n" in run("list")
    told = run("history", "egfr_low")
    assert "egfr_low: 30 -> 35, system:command: Committee of 3 November" in told


def test_explain_tells_facts_with_origin_findings_questions_and_rooms(
    run: Run, accession_number: str, tmp_path: Path
) -> None:
    told = run("explain", accession_number)
    assert "egfr 33 mL/min/1.73 m² (of " in told
    assert "laboratory, recorded by system:test)" in told
    assert "IC-03 warn: " in told
    assert "CT01: can take the exam" in told
    assert "Open questions:\n  none" in told
    run("load", thresholds_file(tmp_path))
    assert "radiologist, before booking (IC-02): May iodinated contrast" in run(
        "explain", accession_number
    )


def test_explain_of_an_unknown_exam(run: Run) -> None:
    with pytest.raises(DomainError, match="no exam 'A9999'"):
        run("explain", "A9999")


def test_check_tries_thresholds_on_the_last_exams_and_changes_nothing(
    run: Run, accession_number: str, tmp_path: Path
) -> None:
    path = tmp_path / "facts.json"
    path.write_text(json.dumps({"thresholds": {"egfr_low": 35}}))
    told = run("check", path)
    assert told.startswith("1 of 1 exams would be judged differently.\n")
    assert accession_number in told
    assert "  + IC-02 hold (radiologist): " in told
    assert "egfr_low = 30 " in run("list")


def test_check_judges_the_exams_of_the_file(
    run: Run, accession_number: str, tmp_path: Path
) -> None:
    content = json.loads(run("facts"))
    (exam,) = content["exams"]
    assert exam["name"].startswith(accession_number)
    exam["patient"]["renal_function"]["egfr"] = 50
    path = tmp_path / "facts.json"
    path.write_text(json.dumps({"thresholds": {"egfr_low": 35}, "exams": [exam]}))
    assert run("check", path).startswith("0 of 1 exams would be judged differently.\n")


def test_facts_recorded_after_an_exam_was_judged_are_left_out(
    run: Run, accession_number: str, session_factory: db.SessionFactory
) -> None:
    later = system_clock() + timedelta(minutes=5)
    with db.transaction(session_factory) as session:
        (exam,) = find_exams(session, accession_number)
        newer = FactDetails(
            kind=FactKind.EGFR,
            value={"number": 90},
            observed_at=later,
            origin=FactOrigin.LABORATORY,
        )
        scheduling.record_facts(session, exam.patient_id, [newer], actor=ACTOR, now=later)
    (told,) = json.loads(run("facts"))["exams"]
    assert told["patient"]["renal_function"]["egfr"] == 33


def test_docs_prints_the_catalogue(run: Run) -> None:
    assert run("docs").startswith("# Rules\n")
