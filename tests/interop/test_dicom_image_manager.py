"""An image manager that is not ours, dcmjs-dimse, is told of performed steps and tells of images.

IHE RAD TF-2, RAD-6 and RAD-7 from the Performed Procedure Step Manager, RAD-49 both ways.
"""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.support import npm
from tests.support.department import NOW
from tests.support.dicom import CALLED, HOST
from worklist import db
from worklist.catalogue.image_managers import ImageManager
from worklist.dicom import forwarding
from worklist.dicom.server import DicomServer
from worklist.orders.models import RequestedProcedure
from worklist.performing.models import AvailabilityNotice

CONSOLE = str(npm.FOLDER / "dimse_client.js")
ARCHIVE = str(npm.FOLDER / "dimse_archive.js")


class Archive:
    """The program, and what it was sent."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        self._program = program
        self.port = self._next()["port"]

    def got(self, number: int) -> list[dict[str, Any]]:
        return [self._next() for _ in range(number)]

    def _next(self) -> dict[str, Any]:
        assert self._program.stdout is not None
        for line in self._program.stdout:
            if line.startswith("{"):
                found: dict[str, Any] = json.loads(line)
                return found
        pytest.fail("the archive has ended")


@pytest.fixture
def archive() -> Iterator[Archive]:
    command = [npm.need(), ARCHIVE]
    # The environment's `node` is a script that waits for the real one: both are ended as a group.
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as program:
        try:
            yield Archive(program)
        finally:
            os.killpg(program.pid, signal.SIGTERM)


def _run(*arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [npm.need(), *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    [line] = (one for one in done.stdout.splitlines() if one.startswith("{"))
    found: dict[str, Any] = json.loads(line)
    return found


def test_an_image_manager_is_told_of_steps_and_tells_of_images(
    server: DicomServer, session_factory: db.SessionFactory, archive: Archive
) -> None:
    with db.transaction(session_factory) as session:
        session.add_all(
            [
                ImageManager(
                    ae_title="PACS", host=HOST, port=archive.port, forward_availability=True
                ),
                ImageManager(ae_title="SENDER", host=HOST, port=1, forward_performed_steps=False),
            ]
        )
    port = str(server.port)
    _run(CONSOLE, HOST, port, "CT01", CALLED)
    with session_factory() as session:
        study = session.scalars(select(RequestedProcedure.study_instance_uid)).first()
        assert study is not None
    assert _run(ARCHIVE, HOST, port, "SENDER", CALLED, study) == {"answered": 0}
    with session_factory() as session:
        notice = session.scalars(select(AvailabilityNotice)).one()
        kept = (notice.study_instance_uid, notice.available, notice.instances, notice.sender)
        assert kept == (study, True, 1, "SENDER")

    with db.transaction(session_factory) as session:
        later = NOW + timedelta(hours=1)
        due = forwarding.due(session, now=later)
        sent = [forwarding.send(session, one, calling="WORKLIST", now=later) for one in due]
    assert sum(sent) == 3
    told = [(one["operation"], one.get("status"), one.get("study")) for one in archive.got(3)]
    assert told == [
        ("N-CREATE", "IN PROGRESS", None),
        ("N-SET", "COMPLETED", None),
        ("N-CREATE", None, study),
    ]
