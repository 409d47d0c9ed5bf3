"""What Schemathesis makes of the OpenAPI document, sent to a real server.

Whatever is asked: no server error, and status, content type and body as the document says.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.support import api, web
from tests.support.department import (
    ACTOR,
    make_contrast_ct,
    make_exam,
    make_patient,
    make_scanner,
)
from tests.support.serving import serve
from worklist import db
from worklist.auth.roles import UserRole
from worklist.clock import system_clock
from worklist.performing import service as performing
from worklist.reading import entering
from worklist.scheduling import placement

_SECONDS = 60
_CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance,response_headers_conformance"
)


@pytest.fixture
def address(database: str, empty_redis: str, session_factory: db.SessionFactory) -> Iterator[str]:
    """A server with a little of everything: exams booked, held, waiting and done."""
    now = system_clock()
    with db.transaction(session_factory) as session:
        make_scanner(session)
        make_contrast_ct(session, "71260")
        patient = make_patient(session)
        done = make_exam(session, patient=patient, now=now)
        exams = [make_exam(session, now=now), make_exam(session, procedure="71260", now=now)]
        for exam in (done, *exams):
            placement.place(session, exam.id, actor=ACTOR, now=now)
        performing.start(session, done, actor=ACTOR, now=now)
        performing.complete(session, done, actor=ACTOR, now=now)
        entering.admit(session, done.requested_procedure_id, now=now)
    client = web.make_client(database, empty_redis, clock=system_clock, REPLAN_SECONDS="0.1")
    with serve(client.application) as found:
        yield found
    web.close(client)


@pytest.mark.slow
def test_whatever_is_asked_is_answered_as_the_document_says(
    address: str, session_factory: db.SessionFactory, tmp_path: Path
) -> None:
    token = api.token_for(session_factory, UserRole.ADMINISTRATOR, now=system_clock())
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"),
            "run",
            f"{address}/api/openapi.json",
            f"--header=Authorization: Bearer {token}",
            f"--checks={_CHECKS}",
            "--phases=fuzzing",
            "--exclude-operation-id=test_peer",  # would call whatever address it makes up
            "--exclude-operation-id=revoke_token",  # may be its own
            "--exclude-operation-id=revoke_any_token",  # likewise
            "--max-examples=6",
            "--continue-on-failure",
            "--seed=1",
            f"--request-timeout={_SECONDS}",
            "--no-shrink",
            "--suppress-health-check=all",
            "--warnings=off",
        ],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=15 * _SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    own = requests.get(
        f"{address}/api/v1/own", headers={"Authorization": f"Bearer {token}"}, timeout=_SECONDS
    )
    assert own.status_code == 200  # nothing was hidden behind 401
