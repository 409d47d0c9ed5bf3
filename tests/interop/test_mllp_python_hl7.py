"""MLLP and HL7 with python-hl7, a client, server and parser that are not ours."""

import asyncio
import threading

import hl7
from hl7.client import MLLPClient
from hl7.mllp import (
    HL7StreamReader,
    HL7StreamWriter,
    open_hl7_connection,
    start_hl7_server,
)

from tests.support.inbox import Inbox, exam_of
from tests.support.messages import load, order
from worklist.hl7.mllp_client import MllpClient
from worklist.hl7.models import InboxState
from worklist.orders.status import StepStatus

HOST = "127.0.0.1"


def _text(raw: bytes) -> str:
    return raw.decode()


def test_an_order_built_sent_and_answered_by_python_hl7(port: int, inbox: Inbox) -> None:
    message = hl7.parse(_text(load("omg_new")))
    with MLLPClient(HOST, port) as client:
        answer = hl7.parse(_text(client.send_message(message)).strip("\x0b\x1c\r") + "\r")
        assert str(answer.segment("MSA")[1]) == "AA"
        assert str(answer.segment("MSA")[2]) == "MSG00004"
        assert str(answer.segment("MSH")[9]) == "ACK^O19^ACK"
        cancel = load("orm_cancel").replace(b"P1001", b"P2001")
        answer = hl7.parse(_text(client.send_message(cancel)).strip("\x0b\x1c\r") + "\r")
        assert str(answer.segment("MSA")[1]) == "AA"
        assert str(answer.segment("MSA")[2]) == "MSG00003"
    inbox.sweep()
    assert {one.state for one in inbox.messages()} == {InboxState.PROCESSED}
    with inbox.sessions() as session:
        exam = exam_of(session, "P2001")
        assert exam.status is StepStatus.CANCELED
        assert exam.patient.name == "MÜLLER^JÖRG"


def test_python_hl7s_stream_client_pipelines(port: int, inbox: Inbox) -> None:
    async def converse() -> list[str]:
        reader, writer = await open_hl7_connection(HOST, port)
        for number in range(5):
            writer.writemessage(hl7.parse(_text(order(str(number), control_id=f"C{number}"))))
        await writer.drain()
        answers = [await asyncio.wait_for(reader.readmessage(), 10) for _ in range(5)]
        writer.close()
        await writer.wait_closed()
        return [str(answer.segment("MSA")[2]) for answer in answers]

    assert asyncio.run(converse()) == [f"C{number}" for number in range(5)]
    assert len(inbox.messages()) == 5


def test_our_client_is_answered_by_python_hl7s_server() -> None:
    ready, stop = threading.Event(), threading.Event()
    ports: list[int] = []

    async def answer(reader: HL7StreamReader, writer: HL7StreamWriter) -> None:
        message = await reader.readmessage()
        writer.writemessage(message.create_ack())
        await writer.drain()
        writer.close()

    async def serve() -> None:
        async with await start_hl7_server(answer, host=HOST, port=0) as server:
            ports.append(server.sockets[0].getsockname()[1])
            ready.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(60)
        with MllpClient(HOST, ports[0]) as client:
            for number in ("1", "2"):  # it closes after each answer: the client connects again
                raw = client.send(order(number, control_id=number))
                assert f"MSA|AA|{number}" in _text(raw)
    finally:
        stop.set()
        thread.join()
