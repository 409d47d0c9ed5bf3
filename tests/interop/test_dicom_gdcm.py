"""GDCM's network library, from Debian's python3-gdcm, against the running server."""

import subprocess
from pathlib import Path

import pytest

from tests.support import programs
from tests.support.dicom import CALLED, HOST
from worklist.dicom.server import DicomServer

_SYSTEM_PYTHON = "/usr/bin/python3"
_SCRIPT = Path(__file__).with_name("gdcm_client.py")


def python_with_gdcm() -> str:
    """Return the system's Python; the test is skipped where that has no GDCM, in CI it fails."""
    try:
        asked = [_SYSTEM_PYTHON, "-c", "import gdcm"]
        subprocess.run(asked, check=True, capture_output=True, timeout=30)
    except (OSError, subprocess.CalledProcessError):
        programs.miss("python3-gdcm")
    return _SYSTEM_PYTHON


@pytest.mark.parametrize(
    ("name", "expected"),
    [("", ["Müller^Anna", "Miller^Bob"]), ("mull*", ["Müller^Anna"]), ("NOBODY", [])],
)
def test_gdcm_finds(server: DicomServer, name: str, expected: list[str]) -> None:
    done = subprocess.run(
        [python_with_gdcm(), str(_SCRIPT), HOST, str(server.port), "CT01", CALLED, name],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines() == expected
