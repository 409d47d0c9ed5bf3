"""``worklist hl7``: explain a file, send files."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from config import Settings
from tests.support import certificates
from tests.support.inbox import furnish
from tests.support.live import hl7_server, mllp_server
from tests.support.messages import FOLDER, order
from worklist import db
from worklist.commands.hl7 import hl7


@pytest.fixture
def furnished(settings: Settings, database: str, session_factory: db.SessionFactory) -> Settings:
    with db.transaction(session_factory) as session:
        furnish(session)
    return settings.model_copy(update={"database_url": database})


def run(settings: Settings, *arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(hl7, [str(one) for one in arguments], obj=settings)
    return result.exit_code, result.output


def test_explain_shows_fields_the_answer_and_the_worklist_entry(
    furnished: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "order.hl7"
    file.write_bytes(order("P1"))
    code, output = run(furnished, "explain", file)
    assert code == 0, output
    assert "PID-3    Patient identifier list" in output
    assert "Answer: AA" in output
    assert "Would do: order.received" in output
    assert "Scheduled Station AE Title" in output
    assert "CT01" in output


def test_explain_says_what_is_wrong_and_where(furnished: Settings, tmp_path: Path) -> None:
    file = tmp_path / "order.hl7"
    file.write_bytes(order("P1", code="99999"))
    code, output = run(furnished, "explain", file)
    assert code == 1
    assert "Error: 103 Table value not found" in output
    assert "(OBR^1^4)" in output


def test_explain_fields_needs_no_database(settings: Settings) -> None:
    code, output = run(settings, "explain", FOLDER / "adt_a08.hl7", "--fields")
    assert code == 0
    assert "ROE-SMITH^JANE" in output
    assert "Answer" not in output


def test_send_prints_each_acknowledgement(
    furnished: Settings, session_factory: db.SessionFactory, tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.hl7", tmp_path / "bad.hl7"
    good.write_bytes(order("P1").replace(b"\r", b"\n"))
    bad.write_bytes(order("P2").replace(b"2.3.1", b"3.0"))
    with mllp_server(furnished, session_factory) as port:
        assert run(furnished, "send", good, "--to", f"127.0.0.1:{port}")[0] == 0
        code, output = run(furnished, "send", good, bad, "--to", f"127.0.0.1:{port}")
    assert code == 1
    assert "MSA|AA|" in output
    assert "MSA|AR|" in output


def test_send_speaks_tls_and_shows_who_we_are(
    furnished: Settings, session_factory: db.SessionFactory, tmp_path: Path
) -> None:
    own, stranger = certificates.make(tmp_path, "own"), certificates.make(tmp_path, "stranger")
    secure = furnished.model_copy(
        update={
            "mllp_tls_port": 0,
            "mllp_tls_certificate": own[0],
            "mllp_tls_key": own[1],
            "mllp_tls_client_ca": own[0],
        }
    )
    file = tmp_path / "order.hl7"
    file.write_bytes(order("P1"))

    def send(port: int, *options: object) -> tuple[int, str]:
        return run(furnished, "send", file, "--to", f"127.0.0.1:{port}", *options)

    with hl7_server(secure, session_factory) as server:
        port = server.tls_port
        us = ("--certificate", own[0], "--key", own[1])
        code, output = send(port, "--ca", own[0], *us)
        assert (code, "MSA|AA|" in output) == (0, True), output
        code, output = send(port, "--tls", *us)
        assert (code, "self-signed certificate" in output) == (1, True), output
        assert send(port, "--ca", own[0])[0] == 1, "the server wants to know who we are"
        them = ("--certificate", stranger[0], "--key", own[1])
        code, output = send(port, "--ca", own[0], *them)
        assert (code, "cannot be used" in output) == (1, True), output
    assert send(1, "--key", own[1])[0] == 2


def test_peers_are_loaded_and_saved(furnished: Settings, tmp_path: Path) -> None:
    file, copy = tmp_path / "peers.toml", tmp_path / "copy.toml"
    file.write_text('[[peers]]\nname = "HIS"\ndirection = "inbound"\n')
    assert "added: HIS" in run(furnished, "peers", "load", file)[1]
    assert "1 peers" in run(furnished, "peers", "save", copy)[1]
    assert "nothing changed" in run(furnished, "peers", "load", copy)[1]


def test_send_says_what_does_not_answer(settings: Settings) -> None:
    code, output = run(settings, "send", FOLDER / "adt_a08.hl7", "--to", "127.0.0.1:1")
    assert code == 1
    assert "Connection refused" in output
    assert run(settings, "send", FOLDER / "adt_a08.hl7", "--to", "nowhere")[0] == 2
