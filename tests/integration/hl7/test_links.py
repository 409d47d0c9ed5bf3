"""Ways to a peer: TLS that knows who is there, HTTP with a token, and what goes wrong in words."""

import http.server
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.certificates import make as make_certificate
from tests.support.outbound import make_peer
from tests.support.outbox_department import Department
from tests.support.ports import free_port
from tests.support.receiver import receiver
from worklist import db
from worklist.hl7 import wire
from worklist.hl7.models import OutboxState
from worklist.hl7.outbound.links import DeliveryError, HttpLink, MllpLink, link_to
from worklist.hl7.outbound.probe import UnreachableError, probe
from worklist.hl7.peers.file import PeerEntry

MESSAGE = b"MSH|^~\\&|WORKLIST|RAD|HIS|GENERAL|20261124||SIU^S12|1|P|2.5\r"
ANSWER = b"MSH|^~\\&|HIS|GENERAL|WORKLIST|RAD|20261124||ACK|2|P|2.5\rMSA|AA|1\r"


class HttpPeer(http.server.BaseHTTPRequestHandler):
    """Answers each POST with the status and body that the server was given."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, dict(self.headers), body))  # type: ignore[attr-defined]
        status, answer = self.server.answer  # type: ignore[attr-defined]
        if b"%ID%" in answer:
            answer = answer.replace(b"%ID%", body.split(b"|")[9])
        self.send_response(status)
        if status == 307:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def http_peer(status: int, answer: bytes) -> Iterator[http.server.HTTPServer]:
    server = http.server.HTTPServer(("127.0.0.1", 0), HttpPeer)
    server.answer = status, answer  # type: ignore[attr-defined]
    server.received = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def url_peer(server: http.server.HTTPServer, **fields: str) -> PeerEntry:
    url = f"http://127.0.0.1:{server.server_port}/hl7"
    return make_peer(host="", port=None, url=url, **fields)


def test_http_posts_the_message_with_the_token(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret-token\n")
    with http_peer(200, ANSWER) as server:
        link = link_to(url_peer(server, token_file=str(token)))
        assert link.send(MESSAGE) == ANSWER
        path, headers, body = server.received[0]  # type: ignore[attr-defined]
    assert (path, body) == ("/hl7", MESSAGE)
    assert headers["Content-Type"] == "application/hl7-v2"
    assert headers["Authorization"] == "Bearer secret-token"


def test_an_acknowledgement_counts_whatever_the_status() -> None:
    with http_peer(500, ANSWER) as server:
        assert HttpLink(url_peer(server)).send(MESSAGE) == ANSWER


def test_the_outbox_delivers_to_a_url(session_factory: db.SessionFactory) -> None:
    department = Department(session_factory)
    with http_peer(200, ANSWER.replace(b"AA|1", b"AA|%ID%")) as server:
        url = f"http://127.0.0.1:{server.server_port}/hl7"
        peer = department.add_peer(0, host="", url=url)
        department.book_and_cancel()
        department.deliver(peer)
        bodies = [body for _, _, body in server.received]  # type: ignore[attr-defined]
    outbox = department.outbox()
    assert bodies == [one.payload for one in outbox]
    assert [one.state for one in outbox] == [OutboxState.DELIVERED] * 2


@pytest.mark.parametrize("status", [307, 401, 503])
def test_another_answer_is_none(status: int) -> None:
    with http_peer(status, b"no") as server:
        link = HttpLink(url_peer(server))
        with pytest.raises(DeliveryError, match=f"answered HTTP {status}"):
            link.send(MESSAGE)
        # A redirection is not followed: patients' data go where the profile says.
        assert len(server.received) == 1  # type: ignore[attr-defined]


def test_nobody_at_the_url() -> None:
    peer = make_peer(host="", port=None, url=f"http://127.0.0.1:{free_port()}/")
    with pytest.raises(DeliveryError, match=r"No answer from http://127.0.0.1.*refused"):
        HttpLink(peer).send(MESSAGE)


def test_a_missing_token_file_is_named() -> None:
    peer = make_peer(host="", port=None, url="http://127.0.0.1:1/", token_file="/nowhere/token")
    with pytest.raises(DeliveryError, match="/nowhere/token cannot be used"):
        link_to(peer)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("secret-key", "aGVsbG8", "a name with “token” in it"),
        ("token", "WORKLIST_SECRET_KEY=x\0HOME=/root", "holds no bearer token"),
        ("his.token", "root:x:0:0\nbin:x:1:1", "holds no bearer token"),
        ("token", "", "holds no bearer token"),
    ],
)
def test_no_other_secret_of_the_machine_is_sent_as_a_token(
    tmp_path: Path, name: str, content: str, told: str
) -> None:
    file = tmp_path / name
    file.write_text(content)
    peer = make_peer(host="", port=None, url="http://127.0.0.1:1/", token_file=str(file))
    with pytest.raises(DeliveryError, match=told):
        link_to(peer)


@pytest.mark.parametrize("host", ["http://his.example", "file:///etc/passwd", "a b", "x@his"])
def test_a_host_is_a_name_alone(host: str) -> None:
    with pytest.raises(ValueError, match="name or address alone"):
        make_peer(host=host)


def test_a_late_answer_is_not_taken_for_the_next_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        peer = make_peer(port=listener.getsockname()[1], timeout_seconds=1)
        with MllpLink(peer) as link:
            with pytest.raises(DeliveryError, match="No answer over MLLP"):
                link.send(MESSAGE)
            monkeypatch.setattr(link._client, "_timeout", 30)
            first, _ = listener.accept()
            with first:
                first.sendall(wire.frame(b"late"))
                answered = threading.Thread(target=_answer_one, args=(listener,))
                answered.start()
                assert link.send(MESSAGE) == ANSWER
                answered.join()


def _answer_one(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(wire.frame(ANSWER))


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    make_certificate(folder, "receiver")
    return folder


@contextmanager
def tls_peer(certificates: Path, *, wants_client: bool = False) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "receiver.pem", certificates / "receiver.key")
    if wants_client:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(certificates / "receiver.pem")
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            with (
                listener,
                listener.accept()[0] as plain,
                context.wrap_socket(plain, server_side=True) as connection,
            ):
                connection.recv(4096)
                connection.sendall(wire.frame(ANSWER))
        except OSError:
            return

    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.getsockname()[1]
    thread.join()


def test_tls_to_a_peer_whose_certificate_is_known(certificates: Path) -> None:
    with tls_peer(certificates) as port:
        peer = make_peer(port=port, tls=True, tls_ca_file=str(certificates / "receiver.pem"))
        with MllpLink(peer) as link:
            assert link.send(MESSAGE) == ANSWER


def test_tls_shows_who_we_are(certificates: Path) -> None:
    with tls_peer(certificates, wants_client=True) as port:
        peer = make_peer(
            port=port,
            tls=True,
            tls_ca_file=str(certificates / "receiver.pem"),
            tls_certificate_file=str(certificates / "receiver.pem"),
            tls_key_file=str(certificates / "receiver.key"),
        )
        with MllpLink(peer) as link:
            assert link.send(MESSAGE) == ANSWER


def test_tls_refuses_a_stranger(certificates: Path) -> None:
    with tls_peer(certificates) as port:
        link = MllpLink(make_peer(port=port, tls=True))
        with pytest.raises(DeliveryError, match="self-signed certificate"):
            link.send(MESSAGE)


def test_a_certificate_that_cannot_be_read_is_an_error_in_words() -> None:
    peer = make_peer(port=1, tls=True, tls_ca_file="/nowhere/ca.pem")
    with pytest.raises(DeliveryError, match="cannot be used"):
        link_to(peer)


def test_a_kept_connection_that_broke_is_replaced_once() -> None:
    with receiver() as target:
        with MllpLink(make_peer(port=target.port)) as link:
            link.send(MESSAGE)
            target.answers = [lambda _: None]
            link.send(MESSAGE)
        assert (len(target.received), target.connections) == (3, 2)


def test_the_connection_is_tried_as_for_a_message(certificates: Path) -> None:
    known = {"tls": True, "tls_ca_file": str(certificates / "receiver.pem")}
    with tls_peer(certificates) as port:
        told = probe(make_peer(port=port, **known))
    assert "TLSv1.3 as receiver until " in told
    with tls_peer(certificates) as port, pytest.raises(UnreachableError, match="self-signed"):
        probe(make_peer(port=port, tls=True))
    # TLS 1.3 tells a client only after the handshake that its certificate is missing.
    with (
        tls_peer(certificates, wants_client=True) as port,
        pytest.raises(UnreachableError, match=r"(?i)certificate.required"),
    ):
        probe(make_peer(port=port, **known))


def test_a_peer_that_hangs_up_at_once_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closing = threading.Thread(target=_hang_up, args=(listener,))
        closing.start()
        with pytest.raises(UnreachableError, match="hangs up at once"):
            probe(make_peer(port=listener.getsockname()[1]))
        closing.join()


def _hang_up(listener: socket.socket) -> None:
    listener.accept()[0].close()
