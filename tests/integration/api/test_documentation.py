"""The examples of ``docs/api.md``, run with curl against a real server."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import api, programs, web
from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_patient,
    make_scanner,
)
from tests.support.serving import serve
from worklist import db
from worklist.auth.roles import UserRole
from worklist.performing import service as performing
from worklist.reading import entering
from worklist.scheduling import placement
from worklist.vocabulary import Priority

TEXT = (Path(__file__).parents[3] / "docs" / "api.md").read_text("utf-8")
EXAMPLES = re.findall(r"```sh\n(.*?)```\n\n```json\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture
def variables(
    database: str, empty_redis: str, session_factory: db.SessionFactory
) -> Iterator[dict[str, str]]:
    """A department with what the examples speak of, and its ids by the names used there."""
    with db.transaction(session_factory) as session:
        room = make_scanner(session)
        patient = make_patient(session)
        done = make_exam(session, priority=Priority.STAT)
        placement.place(session, done.id, actor=ACTOR, now=NOW)
        performing.start(session, done, actor=ACTOR, now=NOW)
        performing.complete(session, done, actor=ACTOR, now=NOW)
        task = entering.admit(session, done.requested_procedure_id, now=NOW)
        exam = make_exam(session, patient=patient)
        other = make_exam(session)
        asked = make_exam(session)
        assert task is not None
        named = {
            "PATIENT": patient.id,
            "EXAM": exam.id,
            "OTHER": other.id,
            "ROOM": room.id,
            "CASE": task.id,
            "ACCESSION": other.order.accession_number,
            "REQUEST": asked.requested_procedure_id,
        }
    client = web.make_client(database, empty_redis)
    token = api.token_for(session_factory, UserRole.ADMINISTRATOR)
    with serve(client.application) as address:
        yield {name: str(value) for name, value in named.items()} | {
            "WORKLIST": address,
            "TOKEN": token,
        }
    web.close(client)


def test_every_example_gives_what_the_page_shows(variables: dict[str, str]) -> None:
    programs.need("curl")
    bash = programs.need("bash")
    assert len(EXAMPLES) == TEXT.count("```sh")
    for command, shown in EXAMPLES:
        done = subprocess.run(
            [bash, "-euc", command.replace("\ncurl", "\necho\ncurl")],
            env=os.environ | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, command + done.stderr
        answer = json.loads(done.stdout.splitlines()[-1])
        assert_told(answer, json.loads(shown), command)


def assert_told(answer: Any, shown: Any, command: str) -> None:
    """Check that all that is shown is answered; of a list its first items."""
    if isinstance(shown, dict):
        assert isinstance(answer, dict), f"{command}\n{answer}"
        for name, value in shown.items():
            assert name in answer, f"{command}\n{answer}"
            assert_told(answer[name], value, command)
    elif isinstance(shown, list) and shown:
        assert len(answer) >= len(shown), f"{command}\n{answer}"
        for one, value in zip(answer, shown, strict=False):
            assert_told(one, value, command)
    else:
        assert answer == shown, f"{command}\n{answer}"
