"""What leaves is taken and understood by programs that are not ours: python-hl7 and hl7apy."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hl7.mllp import HL7StreamReader, HL7StreamWriter, start_hl7_server
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

from tests.support.department import ACTOR, NOW, make_patient
from tests.support.messages import order
from tests.support.outbound import (
    HAPPENED,
    make_audience,
    make_event,
    make_patient_subject,
    make_peer,
    make_requested,
    make_subject,
)
from tests.support.outbox_department import EARLY, LATE, Department
from worklist import db
from worklist.hl7.acknowledge import acknowledge
from worklist.hl7.interpret import interpret
from worklist.hl7.message import parse
from worklist.hl7.models import OutboxState
from worklist.hl7.outbound import replies, routes
from worklist.hl7.outbound.segments import Draft
from worklist.hl7.outbound.subject import Audience, Subject
from worklist.hl7.outbound.writing import write
from worklist.hl7.peers.models import MessageChoice
from worklist.orders import service as orders
from worklist.orders.status import StepStatus
from worklist.reading import reports
from worklist.reading.models import Report, ReportKind

if TYPE_CHECKING:
    import hl7

HOST = "127.0.0.1"


class PythonHl7Receiver:
    """A python-hl7 MLLP server that acknowledges everything with its own ``create_ack``."""

    def __init__(self) -> None:
        self.received: list[hl7.Message] = []
        self.port = 0
        self._ready, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),))
        self._thread.start()
        assert self._ready.wait(60)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    async def _serve(self) -> None:
        async with await start_hl7_server(
            self._answer, host=HOST, port=0, encoding="utf-8"
        ) as server:
            self.port = server.sockets[0].getsockname()[1]
            self._ready.set()
            await asyncio.to_thread(self._stop.wait)

    async def _answer(self, reader: HL7StreamReader, writer: HL7StreamWriter) -> None:
        try:
            while True:
                message = await reader.readmessage()
                self.received.append(message)
                writer.writemessage(message.create_ack())
                await writer.drain()
        except asyncio.IncompleteReadError:
            writer.close()


@pytest.fixture
def target() -> Iterator[PythonHl7Receiver]:
    one = PythonHl7Receiver()
    yield one
    one.close()


def test_python_hl7_takes_the_life_of_an_order(
    session_factory: db.SessionFactory, target: PythonHl7Receiver
) -> None:
    department = Department(session_factory)
    sends = ["appointment", "order_status", "report", "procedure"]
    peer = department.add_peer(target.port, sends=sends)
    with db.transaction(session_factory) as session:
        patient = make_patient(session, "MÜLLER^JÖRG", name_ideographic="山田^太郎")
        number = patient.identifiers[0].value
    exam_id = department.order(patient=patient, reason="Fall & pain | left")
    department.book(exam_id, EARLY)
    department.book(exam_id, LATE)
    with db.transaction(session_factory) as session:
        exam = orders.get_exam(session, exam_id)
        accession = exam.order.accession_number
        uid = exam.requested_procedure.study_instance_uid
        for status in (StepStatus.STARTED, StepStatus.COMPLETED):
            orders.set_status(session, exam, status, actor=ACTOR, now=NOW)
        reports.take_in(
            session,
            exam.requested_procedure,
            ReportKind.FINAL,
            "Normal.\nSee | above.",
            reader="READER^ROBIN",
            actor=ACTOR,
            now=NOW,
        )
    department.announce()
    department.deliver(peer)
    outbox = department.outbox()
    assert {one.state for one in outbox} == {OutboxState.DELIVERED}
    kinds = [str(one.segment("MSH")[9]) for one in target.received]
    assert kinds == [
        "SIU^S12^SIU_S12",
        "OMI^O23^OMI_O23",
        "SIU^S13^SIU_S12",
        "OMI^O23^OMI_O23",
        "OMG^O19^OMG_O19",
        "OMG^O19^OMG_O19",
        "OMI^O23^OMI_O23",
        "ORU^R01^ORU_R01",
    ]
    assert [str(one.segment("MSH")[10]) for one in target.received] == [
        one.control_id for one in outbox
    ]
    first = target.received[0]
    assert first.extract_field("PID", 1, 3, 1, 1) == number
    # Two names: alphabetic and ideographic, the family name first.
    assert first.extract_field("PID", 1, 5, 1, 1) == "MÜLLER"
    assert first.extract_field("PID", 1, 5, 2, 1) == "山田"
    procedure = target.received[1]
    assert procedure.extract_field("IPC", 1, 1, 1, 1) == accession
    assert procedure.extract_field("IPC", 1, 3) == uid
    assert procedure.unescape(procedure.extract_field("OBR", 1, 31, 1, 2)) == "Fall & pain | left"
    statuses = [str(one.segment("ORC")[5]) for one in target.received[4:7]]
    assert statuses == ["IP", "CM", "CM"]
    report = target.received[-1]
    text = report.extract_field("OBX", 2, 5)
    assert report.unescape(text, {"\\.br\\": "\n"}).replace("\r", "\n") in {
        "Normal.\nSee | above.",
        "Normal.\\.br\\See | above.",
    }


SUBJECTS: dict[MessageChoice, Subject] = {
    MessageChoice.ORDER_NUMBER: make_subject(
        "order.received", requested=make_requested(placer_order_number=None)
    ),
    MessageChoice.ORDER_STATUS: make_subject("exam.started", order_status="in_progress"),
    MessageChoice.ORDER_CANCELLED: make_subject("exam.canceled", order_status="canceled"),
    MessageChoice.APPOINTMENT: make_subject("exam.scheduled"),
    MessageChoice.REPORT: make_subject(
        "report.final",
        report_id=1,
        reports=(
            Report(
                id=1,
                kind=ReportKind.FINAL,
                content="Normal.\nAll of it.",
                reader="READER^ROBIN",
                written_at=HAPPENED + timedelta(hours=2),
            ),
        ),
    ),
    MessageChoice.PROCEDURE: make_subject("exam.scheduled"),
    MessageChoice.PATIENT: make_patient_subject("patient.updated"),
}
OF_PATIENTS = {
    "merge": make_patient_subject("patient.merged", survivor=1, merged=2),
    "renumbering": make_patient_subject(
        "patient.updated", replaced=[{"value": "1", "issuer": "GENERAL", "type_code": "MR"}]
    ),
}


@pytest.mark.parametrize("version", ["2.3.1", "2.4", "2.5", "2.5.1", "2.6"])
@pytest.mark.parametrize("choice", [*SUBJECTS, "merge", "renumbering"])
def test_hl7apy_finds_each_message_valid_in_each_version(version: str, choice: str) -> None:
    numbers = tuple(int(part) for part in version.split("."))
    audience = make_audience(
        version=version,
        order_message="ORM" if numbers < (2, 4) else "OMG",
        procedure_message="ORM" if numbers < (2, 5) else "OMI",
    )
    kind = MessageChoice.PATIENT if choice in OF_PATIENTS else MessageChoice(choice)
    draft = routes.draft(kind, OF_PATIENTS.get(choice) or SUBJECTS[kind], audience)
    assert draft is not None
    _check(draft, audience)


@pytest.mark.parametrize("version", ["2.3.1", "2.4", "2.5", "2.5.1", "2.6"])
@pytest.mark.parametrize("choice", [MessageChoice.ACKNOWLEDGEMENT, MessageChoice.ORDER_REFUSED])
@pytest.mark.parametrize("action", ["message.failed", "message.accepted"])
def test_hl7apy_finds_each_reply_valid_in_each_version(
    version: str, choice: MessageChoice, action: str
) -> None:
    is_orm = version == "2.3.1"
    audience = make_audience(version=version, order_message="ORM" if is_orm else "OMG")
    event = make_event(
        action,
        acknowledgement="AE",
        once_failed=False,
        code="204",
        location="ORC^1^2",
        text="Unknown | order",
    )
    message = parse(order("P1", control="CA").decode())
    _check(replies.reply(event, message, choice, audience), audience)


def _check(draft: Draft, audience: Audience) -> None:
    text = write(draft, audience).payload.decode()
    # ZDS is IHE's own; and hl7apy wants every alternative of ORM_O01's choice at once, so that its
    # completeness cannot be checked.
    text = "\r".join(line for line in text.split("\r") if not line.startswith("ZDS"))
    message = parse_message(text, validation_level=VALIDATION_LEVEL.STRICT)
    if not draft.type.startswith("ORM"):
        assert message.validate()
    assert message.msh.msh_12.value == audience.peer.version


@pytest.mark.parametrize(
    ("kind", "structure"), [("OMG^O19^OMG_O19", "ORG_O20"), ("OMI^O23^OMI_O23", "ORI_O24")]
)
@pytest.mark.parametrize("procedure", ["71250^CT chest^C4", ""])
def test_hl7apy_finds_application_acknowledgements_valid(
    kind: str, structure: str, procedure: str
) -> None:
    lines = [
        f"MSH|^~\\&|HIS|GENERAL|WORKLIST|RAD|20261124080000||{kind}|1|P|2.5.1",
        "PID|1||4711^^^GENERAL^MR||ROE^JANE||19700315|F",
        "ORC|NW|P1^HIS",
        f"OBR|1|P1^HIS||{procedure or '^nameless'}",
        "IPC|A1|RP1|1.2.3|SPS1|CT",
    ]
    if kind.startswith("OMG"):
        lines.pop()
    reading = interpret(
        "".join(f"{one}\r" for one in lines).encode(),
        zone=ZoneInfo("UTC"),
        now=NOW,
        peer=make_peer(acknowledgement="application"),
    )
    answer = acknowledge(
        reading.header, reading.error, now=NOW, codec="utf-8", response=reading.response
    )
    message = parse_message(answer.content.decode(), validation_level=VALIDATION_LEVEL.STRICT)
    assert message.validate()
    assert message.msh.msh_9.value.split("^")[2] == structure
    assert message.msa.msa_1.value == ("AA" if procedure else "AE")
