"""The MLLP server on real sockets: what senders do right, wrong and not at all."""

import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from config import Settings, SettingsError
from tests.support import messages
from tests.support.certificates import make as make_certificate
from tests.support.department import NOW
from tests.support.live import hl7_server
from tests.support.mllp import ADT, codes, connect, exchange, receive, stored
from worklist import db
from worklist.hl7 import wire
from worklist.hl7.mllp import MllpServer
from worklist.hl7.models import InboundMessage, InboxState
from worklist.hl7.peers import service as peers
from worklist.hl7.peers.file import PeerEntry


def test_messages_cut_anywhere_are_answered_in_order(
    serve: Callable[..., MllpServer], session_factory: db.SessionFactory
) -> None:
    stream = b"".join(wire.frame(ADT.format(f"C{number}").encode()) for number in range(5))
    with connect(serve().port) as connection:
        for start in range(0, len(stream), 7):
            connection.sendall(stream[start : start + 7])
        answers = receive(connection, 5)
    assert [answer.decode().split("MSA|AA|")[1][:2] for answer in answers] == [
        "C0", "C1", "C2", "C3", "C4",
    ]  # fmt: skip
    assert len(stored(session_factory)) == 5


def test_a_batch_is_answered_as_a_batch(
    serve: Callable[..., MllpServer], session_factory: db.SessionFactory
) -> None:
    batch = (
        "\ufeffFHS|^~\\&|HIS|GENERAL|WORKLIST|RAD|20260101||||F1\r\nBHS|^~\\&|HIS|GENERAL|WORKLIST|"
        "RAD|20260101||||B1\r\n"
        + ADT.format("C1").replace("\r", "\r\n")
        + "MSH|^~\\&|HIS|GENERAL|||20260101||QRY^A19|C2|P|2.5\r\n"
        + "BTS|2\r\nFTS|1\r\n"
    )
    answer = exchange(serve().port, batch.encode()).decode()
    lines = answer.rstrip("\r").split("\r")
    assert [line[:3] for line in lines] == [
        "FHS", "BHS", "MSH", "MSA", "MSH", "MSA", "ERR", "BTS", "FTS",
    ]  # fmt: skip
    assert lines[1].split("|")[2:6] == ["WORKLIST", "RAD", "HIS", "GENERAL"]
    assert lines[1].split("|")[11] == "B1"
    assert codes(answer.encode()) == ["AA", "AR"]
    assert lines[-2:] == ["BTS|2", "FTS|1"]
    assert sorted(stored(session_factory)) == [("C1", "RECEIVED"), ("C2", "FAILED")]


def test_a_batch_of_which_a_message_is_missing_is_refused_whole(
    serve: Callable[..., MllpServer], session_factory: db.SessionFactory
) -> None:
    batch = f"BHS|^~\\&|HIS|GENERAL|||||||B7\r{ADT.format('C1')}BTS|2\r"
    answer = exchange(serve().port, batch.encode()).decode()
    assert "MSA|AE|B7|BTS-1 counts 2 messages but 1 arrived" in answer
    assert stored(session_factory) == [("B7", "FAILED")]


def test_several_messages_in_one_frame_are_each_taken(
    serve: Callable[..., MllpServer], session_factory: db.SessionFactory
) -> None:
    answer = exchange(serve().port, (ADT.format("C1") + ADT.format("C2")).encode())
    assert codes(answer) == ["AA", "AA"]
    assert len(stored(session_factory)) == 2


@pytest.mark.parametrize(
    ("asked", "good", "bad"),
    [
        ("|", "AA", "AR"),
        ("AL|NE", "CA", "CR"),
        ("NE|AL", "AA", "AR"),
        ("AL|AL", "CA", "CR"),
        ("ER|NE", None, "CR"),
        ("SU|NE", "CA", None),
        ("NE|ER", None, "AR"),
        ("NE|NE", None, None),
    ],
)
def test_acknowledgement_mode_is_what_msh_15_and_16_ask_for(
    serve: Callable[..., MllpServer],
    session_factory: db.SessionFactory,
    asked: str,
    good: str | None,
    bad: str | None,
) -> None:
    port = serve().port
    mark = b"MSH|^~\\&|HIS|GENERAL|||20260101||QRY^A19|LAST|P|2.5"
    for expected, kind in ((good, "ADT^A04"), (bad, "QRY^A19")):
        header = f"MSH|^~\\&|HIS|GENERAL|||20260101||{kind}|{kind}|P|2.5|||{asked}\r"
        content = header + "PID|1||77^^^GENERAL||ROE^JANE\r"
        with connect(port) as connection:
            connection.sendall(wire.frame(content.encode()) + wire.frame(mark))
            first = receive(connection)[0]
        assert codes(first) == [expected or "AR"]
        assert (b"LAST" in first) is (expected is None)
    assert len(stored(session_factory)) == 3


def test_a_silent_sender_is_let_go_only_where_the_settings_say_so(
    serve: Callable[..., MllpServer],
) -> None:
    with connect(serve(mllp_idle_seconds=1).port) as connection:
        assert connection.recv(10) == b""


def test_only_senders_of_the_list_get_in(
    serve: Callable[..., MllpServer], session_factory: db.SessionFactory
) -> None:
    assert codes(
        exchange(serve(mllp_allowed_senders="127.0.0.0/8").port, ADT.format("A").encode())
    ) == ["AA"]
    with connect(serve(mllp_allowed_senders="10.0.0.0/8,192.0.2.7").port) as connection:
        connection.sendall(wire.frame(ADT.format("B").encode()))
        with suppress(ConnectionResetError):
            assert connection.recv(10) == b""
    assert stored(session_factory) == [("A", "RECEIVED")]


def test_200_connections_at_once(
    serve: Callable[..., MllpServer], session_factory: db.SessionFactory
) -> None:
    port = serve().port
    connections = [connect(port) for _ in range(200)]
    try:
        for number, connection in enumerate(connections):
            connection.sendall(wire.frame(ADT.format(f"N{number}").encode()))
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(receive, connections))
    finally:
        for connection in connections:
            connection.close()
    assert all(f"MSA|AA|N{n}\r".encode() in answer[0] for n, answer in enumerate(answers))
    with db.transaction(session_factory) as session:
        assert session.scalar(select(func.count(InboundMessage.id))) == 200


def test_a_resend_gets_the_first_answer_and_is_not_kept_twice(
    serve: Callable[..., MllpServer], session_factory: db.SessionFactory
) -> None:
    port = serve().port
    first = exchange(port, messages.order("P1"))
    assert exchange(port, messages.order("P1")) == first
    assert len(stored(session_factory)) == 1


@pytest.fixture
def certificates(tmp_path: Path) -> dict[str, Path]:
    """A key and certificate for the server and one for a client, each its own authority."""
    found = {}
    for name in ("server", "client", "stranger"):
        found[name], found[f"{name}_key"] = make_certificate(tmp_path, name)
    return found


def exchange_over_tls(port: int, context: ssl.SSLContext, content: bytes) -> bytes:
    with (
        connect(port) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
    ):
        connection.sendall(wire.frame(content))
        answers = receive(connection)
        return answers[0] if answers else b""


def test_tls_with_and_without_client_certificates(
    serve: Callable[..., MllpServer],
    session_factory: db.SessionFactory,
    certificates: dict[str, Path],
) -> None:
    server = serve(
        mllp_tls_port=0,
        mllp_tls_certificate=certificates["server"],
        mllp_tls_key=certificates["server_key"],
    )
    anonymous = ssl.create_default_context(cafile=certificates["server"])
    content = ADT.format("TLS1").encode()
    assert codes(exchange_over_tls(server.tls_port, anonymous, content)) == ["AA"]
    assert codes(exchange(server.port, ADT.format("PLAIN").encode())) == ["AA"]

    strict = serve(
        mllp_plain=False,
        mllp_tls_port=0,
        mllp_tls_certificate=certificates["server"],
        mllp_tls_key=certificates["server_key"],
        mllp_tls_client_ca=certificates["client"],
    )
    assert strict.port == 0
    known = ssl.create_default_context(cafile=certificates["server"])
    known.load_cert_chain(certificates["client"], certificates["client_key"])
    content = ADT.format("TLS2").encode()
    assert codes(exchange_over_tls(strict.tls_port, known, content)) == ["AA"]
    stranger = ssl.create_default_context(cafile=certificates["server"])
    stranger.load_cert_chain(certificates["stranger"], certificates["stranger_key"])
    for refused in (anonymous, stranger):
        with suppress(ssl.SSLError, ConnectionError):
            content = ADT.format("TLS3").encode()
            assert exchange_over_tls(strict.tls_port, refused, content) == b""
    assert sorted(name for name, _ in stored(session_factory)) == ["PLAIN", "TLS1", "TLS2"]


def test_a_certificate_that_cannot_be_used_is_told_at_the_start(
    serve: Callable[..., MllpServer], tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="WORKLIST_MLLP_TLS_CERTIFICATE"):
        serve(mllp_tls_certificate=tmp_path / "nothing.pem")
    with pytest.raises(SettingsError, match="WORKLIST_MLLP_PLAIN"):
        serve(mllp_plain=False)


def test_what_the_database_cannot_keep_is_to_be_sent_again(
    settings: Settings, session_factory: db.SessionFactory
) -> None:
    unreachable = db.make_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    with hl7_server(settings, db.make_session_factory(unreachable)) as server:
        answer = exchange(server.port, ADT.format("LATER").encode())
    unreachable.dispose()
    assert b"MSA|AR|LATER|The message could not be stored just now" in answer
    assert InboxState.RECEIVED not in {state for _, state in stored(session_factory)}


def test_senders_that_no_peer_names_are_refused_where_the_settings_say_so(
    serve: Callable[..., MllpServer], session_factory: db.SessionFactory
) -> None:
    port = serve(hl7_known_senders_only=True).port
    assert b"MSA|AR|A|The sender HIS of GENERAL at 127.0.0.1 is none of the peers" in exchange(
        port, ADT.format("A").encode()
    )
    profile = {"name": "H", "direction": "inbound", "senders": [{"application": "HIS"}]}
    with db.transaction(session_factory) as session:
        peers.save(session, PeerEntry.model_validate(profile), actor="user:test", now=NOW)
    assert codes(exchange(port, ADT.format("B").encode())) == ["AA"]
    assert stored(session_factory) == [("A", "FAILED"), ("B", "RECEIVED")]


def test_a_database_that_closed_its_connections_costs_no_message(
    settings: Settings, database: str, session_factory: db.SessionFactory
) -> None:
    engine = db.make_engine(database, check=False)
    with hl7_server(settings, db.make_session_factory(engine)) as server:
        assert codes(exchange(server.port, ADT.format("A").encode())) == ["AA"]
        with db.transaction(session_factory) as session:
            session.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        assert codes(exchange(server.port, ADT.format("B").encode())) == ["AA"]
    engine.dispose()
    assert [name for name, _ in stored(session_factory)] == ["A", "B"]
