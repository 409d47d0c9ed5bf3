"""HL7 over MLLP with node-hl7-client, a builder, client and parser that are not ours."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import Settings
from tests.support import npm
from tests.support.inbox import Inbox, exam_of
from tests.support.live import mllp_server
from worklist.orders.status import StepStatus

SCRIPT = Path(__file__).with_name("node_client.mjs")


@pytest.fixture
def answers(settings: Settings, inbox: Inbox) -> Iterator[list[dict[str, str]]]:
    """What the client read in the answers to all that it sent."""
    node = npm.need()
    with mllp_server(settings, inbox.sessions) as port:
        done = subprocess.run(
            [node, str(SCRIPT), str(port)], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        yield json.loads(done.stdout)


def test_messages_and_a_batch_built_sent_and_answered(
    answers: list[dict[str, str]], inbox: Inbox
) -> None:
    # The client hands over each message of the batch that answers its batch.
    read = [(one["code"], one["id"]) for one in answers]
    assert read == [("AA", f"N{n}") if n != 4 else ("AR", "N4") for n in range(1, 7)]
    assert answers[3]["error"] == "200"
    inbox.sweep()
    states = {message.control_id: str(message.state) for message in inbox.messages()}
    assert states == {f"N{n}": "FAILED" if n == 4 else "PROCESSED" for n in range(1, 7)}
    with inbox.sessions() as session:
        exam = exam_of(session, "P1")
        assert exam.status is StepStatus.CANCELED
        assert exam.patient.name == "ROE^JANE"
