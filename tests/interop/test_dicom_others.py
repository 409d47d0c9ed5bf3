"""A Node client, dcmjs-dimse, against the running server."""

import json
import subprocess

from sqlalchemy import select

from tests.support import npm
from tests.support.dicom import CALLED, HOST
from worklist import db
from worklist.dicom.server import DicomServer
from worklist.orders.models import ScheduledProcedureStep


def run(*arguments: str) -> str:
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_dcmjs_dimse_finds_begins_and_completes(
    server: DicomServer, session_factory: db.SessionFactory
) -> None:
    script = str(npm.FOLDER / "dimse_client.js")
    output = run(npm.need(), script, HOST, str(server.port), "CT01", CALLED)
    found = json.loads(output.splitlines()[-1])
    assert found == {
        "names": ["Müller^Anna", "Miller^Bob"],
        "statuses": {"C-FIND": 0, "N-CREATE": 0, "N-SET": 0},
    }
    with session_factory() as session:
        exam = ScheduledProcedureStep
        states = [str(one) for one in session.scalars(select(exam.status).order_by(exam.id))]
    assert states == ["COMPLETED", "SCHEDULED", "SCHEDULED", "SCHEDULED"]
