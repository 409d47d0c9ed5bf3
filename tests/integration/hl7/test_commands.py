"""``worklist hl7``: explain a file, send files."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from config import Settings
from tests.support.inbox import furnish
from tests.support.live import mllp_server
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


def test_send_says_what_does_not_answer(settings: Settings) -> None:
    code, output = run(settings, "send", FOLDER / "adt_a08.hl7", "--to", "127.0.0.1:1")
    assert code == 1
    assert "Connection refused" in output
    assert run(settings, "send", FOLDER / "adt_a08.hl7", "--to", "nowhere")[0] == 2
