"""Log files stay short under the hands of those who write to them."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import structlog

from worklist.stack import folders
from worklist.stack.log_files import LogFiles

_WRITER = """
import sys
for line in sys.stdin:
    print(line, end="", flush=True)
"""


def test_a_long_log_is_put_aside_while_its_process_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "web.log"
    (tmp_path / "web.log.1").write_text("the one before")
    with folders.open_private(path, os.O_WRONLY | os.O_APPEND) as output:
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITER], stdin=subprocess.PIPE, stdout=output, text=True
        )
    assert writer.stdin is not None
    files = LogFiles(tmp_path, most_bytes=10)

    def write(line: str) -> None:
        size = path.stat().st_size
        assert writer.stdin is not None
        writer.stdin.write(line)
        writer.stdin.flush()
        while path.stat().st_size == size:
            pass

    write("short\n")
    files.shorten()
    assert path.read_text() == "short\n"
    write("long enough\n")
    files.shorten()
    write("new\n")
    writer.stdin.close()
    writer.wait()
    assert path.read_text() == "new\n"
    aside = tmp_path / "web.log.1"
    assert aside.read_text() == "short\nlong enough\n"
    assert stat.S_IMODE(aside.stat().st_mode) == 0o600


def test_without_room_for_the_copy_the_file_is_emptied_and_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "mllp.log"
    path.write_text("much too long")
    monkeypatch.setattr("shutil.copyfileobj", full)
    with structlog.testing.capture_logs() as told:
        LogFiles(tmp_path, most_bytes=5).shorten()
    assert path.read_text() == ""
    assert not (tmp_path / "mllp.log.1").exists()
    assert [(one["event"], one["error"]) for one in told] == [
        ("log.not_shortened", "No space left on device")
    ]
