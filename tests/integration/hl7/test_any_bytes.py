"""Whatever comes: an answer or a closed connection, never a crash, a hang or a silent loss."""

import codecs
import socket
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings, strategies
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import Settings
from tests.support.corpus import cases
from tests.support.inbox import Inbox
from tests.support.live import hl7_server
from worklist import db
from worklist.hl7 import wire
from worklist.hl7.exchange import exchange
from worklist.hl7.models import InboundMessage, InboxState

CODES = {"AA", "AE", "AR", "CA", "CE", "CR"}
LAST = (
    b"MSH|^~\\&|HIS|GENERAL|||20261124080000||ADT^A04|LAST|P|2.5\rPID|1||77^^^GENERAL||ROE^JANE\r"
)
RAW = [case.raw for case in cases()]

# One database serves all examples of a test: each adds what it will.
shared = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@strategies.composite
def damaged(draw: strategies.DrawFn) -> bytes:
    """A message of the corpus, with pieces cut out, doubled, moved or overwritten."""
    content = bytearray(draw(strategies.sampled_from(RAW)))
    for _ in range(draw(strategies.integers(0, 4))):
        start = draw(strategies.integers(0, max(0, len(content) - 1)))
        end = min(len(content), start + draw(strategies.integers(1, 40)))
        piece = bytes(content[start:end])
        match draw(strategies.sampled_from(["cut", "double", "overwrite", "swap"])):
            case "cut":
                del content[start:end]
            case "double":
                content[start:start] = piece
            case "overwrite":
                content[start:end] = draw(strategies.binary(min_size=1, max_size=len(piece) or 1))
            case _:
                del content[start:end]
                content += piece
    return bytes(content)


@pytest.fixture(scope="module")
def port(stack_settings: Settings, module_sessions: db.SessionFactory) -> Iterator[int]:
    with hl7_server(stack_settings.model_copy(update={"mllp_port": 0}), module_sessions) as server:
        yield server.port


@pytest.fixture(scope="module")
def module_sessions(module_database: str) -> Iterator[db.SessionFactory]:
    engine = db.make_engine(module_database)
    yield db.make_session_factory(engine)
    engine.dispose()


@settings(shared, max_examples=120)
@given(content=strategies.one_of(strategies.binary(max_size=300), damaged()))
def test_any_bytes_over_the_wire_are_answered_or_end_the_connection(
    port: int, content: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(wire.frame(content) + wire.frame(LAST))
        connection.shutdown(socket.SHUT_WR)
        deframer, answers = wire.Deframer(1_000_000), list[bytes]()
        while data := connection.recv(65536):
            answers += [one.content for one in deframer.feed(data)]
    # A frame's content may hold a start or an end of its own: then there are more frames.
    assert answers
    for answer in answers:
        # An answer repeats the sender's own bytes, in whatever characters they are.
        codec = "utf-16" if answer[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE} else "latin-1"
        lines = answer.decode(codec).split("\r")
        msa = [line[4:6] for line in lines if line.startswith("MSA")]
        assert set(msa) <= CODES
        assert msa or lines[0].startswith(("BHS", "FHS"))
    assert any(b"LAST" in answer for answer in answers)


@settings(shared, max_examples=150)
@given(content=damaged())
def test_a_damaged_message_is_kept_and_ends_in_a_state_with_a_reason(
    inbox: Inbox, session: Session, content: bytes
) -> None:
    answer = exchange(
        inbox.sessions, content, channel="mllp", peer="192.0.2.1", now=inbox.now, zone=inbox.zone
    )
    assert answer.stored
    assert set(answer.codes) <= CODES
    inbox.sweep()
    session.expire_all()
    states = {InboxState.PROCESSED, InboxState.FAILED}
    for message in session.scalars(select(InboundMessage)):
        assert message.state in states
        assert message.state is InboxState.PROCESSED or message.error_text
        assert "An error in this program" not in message.error_text
