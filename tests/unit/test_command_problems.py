"""What a person can put right is one line on the screen, not a stack of calls."""

import sys
from pathlib import Path

import pytest

from tests.support.ports import free_port
from worklist import cli


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("DATABASE_URL", "postgresql://nobody@127.0.0.1:{port}/none", "does not answer"),
        ("DICOM_TLS_CERTIFICATE", "/nonexistent/tls.pem", "cannot be read"),
    ],
)
def test_a_stack_that_cannot_start_says_why_in_a_line(
    name: str,
    value: str,
    told: str,
    *,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("WORKLIST_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("WORKLIST_REDIS_URL", "redis://127.0.0.1/0")
    for port in ("HTTP", "MLLP", "DICOM"):
        monkeypatch.setenv(f"WORKLIST_{port}_PORT", "0")
    monkeypatch.setenv(f"WORKLIST_{name}", value.format(port=free_port()))
    monkeypatch.setattr(sys, "argv", ["worklist", "up"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("worklist: ")
    assert f"WORKLIST_{name}" in said
    assert told in said
