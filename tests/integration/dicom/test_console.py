"""`worklist simulate scanner` against the running server."""

from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from config import Settings
from tests.support.department import (
    NOW,
    make_patient,
    make_scanner,
)
from tests.support.dicom import CALLED, HOST, running, schedule
from worklist import db
from worklist.cli import cli
from worklist.dicom.server import DicomServer
from worklist.orders.models import ScheduledProcedureStep


@pytest.fixture
def server(settings: Settings, session_factory: db.SessionFactory) -> Iterator[DicomServer]:
    with db.transaction(session_factory) as session:
        room = make_scanner(session)
        for name in ("Roe^Richard", "Doe^Jane"):
            schedule(session, room, NOW, patient=make_patient(session, name))
    with running(settings, session_factory) as server:
        yield server


def play(server: DicomServer, *arguments: str) -> str:
    peer = ["--host", HOST, "--port", str(server.port), "--called", CALLED]
    done = CliRunner().invoke(cli, ["simulate", "scanner", "--aet", "CT01", *peer, *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def statuses(sessions: db.SessionFactory) -> list[str]:
    exam = ScheduledProcedureStep
    with sessions() as session:
        return [str(one) for one in session.scalars(select(exam.status).order_by(exam.id))]


def test_a_console_completes_and_breaks_off(
    server: DicomServer, session_factory: db.SessionFactory
) -> None:
    output = play(server, "--date", "2026-11-24")
    assert "CT01 gets 2 entries from WORKLIST" in output
    assert "Roe^Richard" in output
    assert statuses(session_factory) == ["COMPLETED", "SCHEDULED"]
    output = play(server, "--any-day", "--discontinue", "--reason", "110513", "For a test")
    assert "CT01 gets 1 entries" in output
    assert statuses(session_factory) == ["COMPLETED", "DISCONTINUED"]
    with session_factory() as session:
        exam = session.scalars(select(ScheduledProcedureStep).order_by("id")).all()[1]
        assert exam.status_reason == "For a test"


def test_a_console_that_is_not_let_in_says_why(server: DicomServer) -> None:
    arguments = ["--aet", "NOBODY", "--host", HOST, "--port", str(server.port), "--called", CALLED]
    done = CliRunner().invoke(cli, ["simulate", "scanner", *arguments])
    assert done.exit_code == 1
    assert "does not know the calling AE title" in done.output
